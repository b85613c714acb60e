import type { AnswerRoute } from '../route.ts';
import { parseEmbedding } from './schema.ts';

export const embeddingsRoute: AnswerRoute = {
  access: 'metered',
  method: 'post',
  path: '/v1/embeddings',
  scope: 'embeddings',
  parse: parseEmbedding,
};
