import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { AnswerJob } from '../../inference/answer-job.ts';
import { readPrompts } from '../completions/prompt.ts';
import { integer, text } from '../scalars.ts';
import { respond } from './respond.ts';

/** OpenAI's bound. */
const INPUTS_MAX = 2_048;
/** No model has longer vectors. */
const DIMENSIONS_MAX = 65_536;
/** What a model has around one input: a token before it and one behind. */
const MARKER_TOKENS_MAX = 4;

/** Every parameter of openai@7.55's embeddings. */
export const embeddingSchema = z.strictObject({
  model: text(),
  input: z.unknown(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: integer(1, DIMENSIONS_MAX).nullish(),
  user: text().nullish(),
});

export function parseEmbedding(body: unknown): AnswerJob {
  const request = validate(embeddingSchema, body);
  const inputs = [...readPrompts(request.input, { param: 'input', max: INPUTS_MAX })];
  const dimensions = request.dimensions ?? 0;
  return {
    model: request.model,
    adapter: '',
    isStream: false,
    task: 'embed',
    prompts: inputs.length,
    markerTokensMax: MARKER_TOKENS_MAX,
    ask: async (worker, { requestId, model, totalTokensMax, inputTokensMax, limits }) => {
      const bounds = {
        ...(totalTokensMax === undefined ? {} : { totalTokensMax }),
        ...(inputTokensMax === undefined ? {} : { inputTokensMax }),
      };
      const { embeddings, promptTokens } = await worker.embed({ model, inputs, dimensions, requestId, ...bounds }, limits);
      const format = request.encoding_format ?? 'float';
      return { promptTokens, toJson: () => respond({ model: request.model, embeddings, promptTokens, format }) };
    },
  };
}
