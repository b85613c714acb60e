import type { MeteredRoute } from '../route.ts';
import { completionFormat } from './respond.ts';
import { parseCompletion } from './schema.ts';

export const completionsRoute: MeteredRoute = {
  access: 'metered',
  method: 'post',
  path: '/v1/completions',
  scope: 'completions',
  parse: parseCompletion,
  format: completionFormat,
};
