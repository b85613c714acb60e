import { CODES } from './codes.ts';
import type { Fault } from './fault.ts';

/** OpenAI's error body, the same for every `/v1` route. */
export type OpenAiErrorBody = {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null };
};

export function toOpenAiErrorBody(fault: Fault): OpenAiErrorBody {
  const { type, code } = CODES[fault.code];
  return { error: { message: fault.message, type, param: fault.param ?? null, code } };
}
