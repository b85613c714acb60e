import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { AnswerJob } from '../../inference/answer-job.ts';
import { boundedArray } from '../bounded-array.ts';
import { isOneOf, neutralOnly } from '../neutral-only.ts';
import { integer, text } from '../scalars.ts';
import { respond, type RerankHead } from './respond.ts';

/** As many as an embedding has inputs. */
const DOCUMENTS_MAX = 2_048;
const TOP_N_MAX = 1_000_000;

const document = z.union([z.string(), z.strictObject({ text: z.string() })]);

const isTextOnly = (value: unknown): boolean => Array.isArray(value) && value.length === 1 && value[0] === 'text';

/** Jina's, Cohere's (v1 and v2) and vLLM's parameters: honoured, or refused by name unless their value asks for nothing. */
const rerankSchema = z.strictObject({
  model: text(),
  query: z.string(),
  documents: boundedArray(document, { min: 1, max: DOCUMENTS_MAX, of: 'strings or objects with a text' }),
  top_n: integer(1, TOP_N_MAX).nullish(),
  return_documents: z.boolean().nullish(),
  user: text().nullish(),

  // All of these cut a document, or rank parts of it.
  max_chunks_per_doc: neutralOnly(),
  max_tokens_per_doc: neutralOnly(),
  max_query_length: neutralOnly(),
  max_doc_length: neutralOnly(),
  max_length: neutralOnly(),
  overlap_tokens: neutralOnly(),
  truncate_prompt_tokens: neutralOnly(),
  truncation: neutralOnly(isOneOf(false)),
  rank_fields: neutralOnly(isTextOnly),
  return_embeddings: neutralOnly(isOneOf(false)),
  priority: neutralOnly(isOneOf(0)),
});

/** One API of several that ask for the same. */
export type RerankApi = Pick<RerankHead, 'version'> & {
  /** What `return_documents` means when it is not said. */
  readonly returnsDocuments: boolean;
};

export function parseRerank(body: unknown, { version, returnsDocuments }: RerankApi): AnswerJob {
  const request = validate(rerankSchema, body);
  const { query } = request;
  const documents = request.documents.map((each) => (typeof each === 'string' ? each : each.text));
  const documentBytes = documents.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  return {
    model: request.model,
    adapter: '',
    isStream: false,
    task: 'rank',
    prompts: documents.length,
    promptBytes: documentBytes + documents.length * Buffer.byteLength(query),
    ask: async (worker, { requestId, model, totalTokensMax, inputTokensMax, limits }) => {
      const bounds = {
        ...(totalTokensMax === undefined ? {} : { totalTokensMax }),
        ...(inputTokensMax === undefined ? {} : { inputTokensMax }),
      };
      const { scores, promptTokens } = await worker.rank({ model, query, documents, requestId, ...bounds }, limits);
      const shown = (request.return_documents ?? returnsDocuments) ? documents : undefined;
      const head = { id: requestId.replace(/^req_/, 'rerank-'), model: request.model, version };
      return { promptTokens, toJson: () => respond(head, { scores, promptTokens, topN: request.top_n ?? undefined, documents: shown }) };
    },
  };
}
