import { Fault } from '@sluice/platform/fault';
import type { EmbedRequest__Output } from '@sluice/proto/v1/EmbedRequest';
import type { EmbedResponse } from '@sluice/proto/v1/EmbedResponse';
import type { VectorModel } from '../vectors/vector-model.ts';
import type { VectorQueue } from '../vectors/vector-queue.ts';
import { assertInputFits, assertPaid } from '../vectors/input-encoder.ts';
import { encodeInput } from './encode-input.ts';
import { packUnitVector } from './unit-vector.ts';

/** As many as OpenAI takes. */
const INPUTS_MAX = 2_048;
/** 2,048 vectors of 1,536: what one answer holds. */
const VALUES_MAX = 2_048 * 1_536;

type Request = Pick<EmbedRequest__Output, 'inputs' | 'dimensions' | 'totalTokensMax' | 'inputTokensMax'>;

/** One vector of length 1 for each input, in their order. Everything that can be refused is, before the first is read. */
export async function embed(
  { model, queue }: { readonly model: VectorModel; readonly queue: Pick<VectorQueue, 'submit'> },
  request: Request,
  signal: AbortSignal,
): Promise<EmbedResponse> {
  const dimensions = readDimensions(request, model);
  assertCount(request.inputs.length, dimensions);
  const contextTokens = Math.min(model.engine.contextTokens, request.inputTokensMax ?? Infinity);
  const inputs: Uint32Array[] = [];
  let promptTokens = 0;
  for (const [index, input] of request.inputs.entries()) {
    const param = request.inputs.length === 1 ? 'input' : `input[${index}]`;
    const tokens = await encodeInput(model, input, param);
    assertInputFits(tokens.length, { contextTokens, param });
    promptTokens += tokens.length;
    inputs.push(tokens);
  }
  assertPaid(promptTokens, request.totalTokensMax);
  const vectors = await queue.submit(inputs, signal);
  return { embeddings: vectors.map((vector) => ({ packed: packUnitVector(vector.subarray(0, dimensions)) })), promptTokens };
}

function readDimensions({ dimensions }: Request, { engine, settings }: VectorModel): number {
  if (dimensions === 0 || dimensions === engine.dimensions) return engine.dimensions;
  if (dimensions > engine.dimensions) {
    throw new Fault('INVALID_VALUE', {
      message: `Invalid value for 'dimensions': the vectors of this model have ${engine.dimensions} dimensions, fewer than the ${dimensions} asked for.`,
      param: 'dimensions',
    });
  }
  if (settings.hasFixedDimensions) {
    throw new Fault('UNSUPPORTED_VALUE', {
      message: `Unsupported value: 'dimensions' must be ${engine.dimensions} with this model, whose vectors mean nothing when they are cut.`,
      param: 'dimensions',
    });
  }
  return dimensions;
}

function assertCount(inputs: number, dimensions: number): void {
  if (inputs === 0)
    throw new Fault('EMPTY_ARRAY', { message: "Invalid 'input': empty array. Expected an array with minimum length 1.", param: 'input' });
  const max = Math.min(INPUTS_MAX, Math.floor(VALUES_MAX / dimensions));
  if (inputs <= max) return;
  throw new Fault('ARRAY_ABOVE_MAX_LENGTH', {
    message: `Invalid 'input': array too long. Expected an array with maximum length ${max}, for vectors of ${dimensions} dimensions, but got an array with length ${inputs} instead.`,
    param: 'input',
  });
}
