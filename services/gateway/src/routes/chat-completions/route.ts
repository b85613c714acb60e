import type { MeteredRoute } from '../route.ts';
import { chatCompletionFormat } from './respond.ts';
import { parseChatCompletion } from './schema.ts';

export const chatCompletionsRoute: MeteredRoute = {
  access: 'metered',
  method: 'post',
  path: '/v1/chat/completions',
  scope: 'chat.completions',
  parse: parseChatCompletion,
  format: chatCompletionFormat,
};
