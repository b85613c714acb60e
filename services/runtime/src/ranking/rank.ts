import { Fault } from '@sluice/platform/fault';
import type { RankRequest__Output } from '@sluice/proto/v1/RankRequest';
import type { RankResponse } from '@sluice/proto/v1/RankResponse';
import { assertPaid } from '../vectors/input-encoder.ts';
import type { VectorModel } from '../vectors/vector-model.ts';
import type { VectorQueue } from '../vectors/vector-queue.ts';
import { createPairEncoder } from './encode-pair.ts';

/** As many as inputs of an embedding. */
const DOCUMENTS_MAX = 2_048;

type Request = Pick<RankRequest__Output, 'query' | 'documents' | 'totalTokensMax' | 'inputTokensMax'>;

/** A score from 0 to 1 for each document, in their order. Everything that can be refused is, before the first is read. */
export async function rank(
  { model, queue }: { readonly model: VectorModel; readonly queue: Pick<VectorQueue, 'submit'> },
  request: Request,
  signal: AbortSignal,
): Promise<RankResponse> {
  const { documents } = request;
  assertCount(documents.length);
  const contextTokens = Math.min(model.engine.contextTokens, request.inputTokensMax ?? Infinity);
  const encodePair = await createPairEncoder(model, request.query);
  const inputs: Uint32Array[] = [];
  let promptTokens = 0;
  for (const [index, document] of documents.entries()) {
    const param = `documents[${index}]`;
    const tokens = await encodePair(document, param);
    assertPairFits(tokens.length, { contextTokens, param });
    promptTokens += tokens.length;
    inputs.push(tokens);
  }
  assertPaid(promptTokens, request.totalTokensMax);
  const answers = await queue.submit(inputs, signal);
  return { scores: answers.map((answer) => toScore(answer[0], model)), promptTokens };
}

function assertCount(documents: number): void {
  if (documents > 0 && documents <= DOCUMENTS_MAX) return;
  throw new Fault(documents === 0 ? 'EMPTY_ARRAY' : 'ARRAY_ABOVE_MAX_LENGTH', {
    message: `Invalid 'documents': expected 1 to ${DOCUMENTS_MAX} documents, but got ${documents} instead.`,
    param: 'documents',
  });
}

function assertPairFits(tokens: number, { contextTokens, param }: { readonly contextTokens: number; readonly param: string }): void {
  if (tokens <= contextTokens) return;
  throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
    message: `This model's maximum context length is ${contextTokens} tokens. However, the query and '${param}' have ${tokens} tokens together. Please reduce the length of one of them.`,
    param,
  });
}

function toScore(value: number | undefined, { isProbability }: VectorModel): number {
  if (value === undefined || Number.isNaN(value)) throw new RangeError('the model answered with a score that is not a number');
  return isProbability ? value : 1 / (1 + Math.exp(-value));
}
