import type { FreeRoute } from '../route.ts';
import { parseDetection } from './schema.ts';

/** Whoever may have a text counted may have it tested. */
export const watermarkRoute: FreeRoute = {
  access: 'free',
  method: 'post',
  path: '/v1/watermark/detect',
  scope: 'tokenize',
  parse: parseDetection,
};
