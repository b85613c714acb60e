import type { FreeRoute } from '../route.ts';
import { parseChatInputTokens, parseDetokenize, parseTokenize } from './schema.ts';

const common = { access: 'free', method: 'post', scope: 'tokenize' } as const;

export const tokenizeRoutes: readonly FreeRoute[] = [
  { ...common, path: '/tokenize', parse: parseTokenize },
  { ...common, path: '/detokenize', parse: parseDetokenize },
  { ...common, path: '/v1/chat/completions/input_tokens', parse: parseChatInputTokens },
];
