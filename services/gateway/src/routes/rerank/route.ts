import type { AnswerRoute } from '../route.ts';
import { parseRerank, type RerankApi } from './schema.ts';

/** Jina's and Cohere's first version share a path; the documents that Jina's clients expect are more than Cohere's ask for. */
const JINA: RerankApi = { version: '1', returnsDocuments: true };
const COHERE: RerankApi = { version: '2', returnsDocuments: false };

export const rerankRoutes: readonly AnswerRoute[] = [
  rerankRoute('/v1/rerank', JINA),
  rerankRoute('/rerank', JINA),
  rerankRoute('/v2/rerank', COHERE),
];

function rerankRoute(path: string, api: RerankApi): AnswerRoute {
  return { access: 'metered', method: 'post', path, scope: 'rerank', parse: (body) => parseRerank(body, api) };
}
