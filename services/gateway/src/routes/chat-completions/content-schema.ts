import { z } from 'zod';
import type { RefusalParams } from '../../http/validate.ts';
import { boundedArray } from '../bounded-array.ts';

/** In all messages together: a check of a million parts would hold up every other request for seconds. */
export const PARTS_MAX = 4_096;

/** What other models read, and this server does not. */
const UNREAD = new Set(['image_url', 'input_audio', 'audio_url', 'file', 'video_url']);

const textPart = z.strictObject({
  type: z.string().superRefine((type, ctx) => {
    if (type !== 'text') ctx.addIssue({ code: 'custom', params: UNREAD.has(type) ? unread(type) : unknownType(type), continue: false });
  }),
  text: z.string(),
  prompt_cache_breakpoint: z.unknown().optional(),
});

/** A text, alone or in parts. */
export const content = z.union([z.string(), boundedArray(textPart, { min: 1, max: PARTS_MAX, of: 'objects' })]);

export type Content = z.infer<typeof content>;

/** One text; the parts of a message stand below each other. */
export function joinText(value: Content): string {
  return typeof value === 'string' ? value : value.map((part) => part.text).join('\n');
}

function unread(type: string): RefusalParams {
  return {
    code: 'UNSUPPORTED_VALUE',
    message: `Unsupported value: '%s' does not support '${type}' with this model. It reads 'text' only.`,
  };
}

/** In the words that an enumeration has. */
function unknownType(type: string): RefusalParams {
  return { code: 'INVALID_VALUE', message: `Invalid value: '${type.slice(0, 100)}'. Supported values are: 'text'.` };
}
