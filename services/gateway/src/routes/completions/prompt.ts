import { Fault } from '@sluice/platform/fault';
import type { Prompt } from '@sluice/proto/v1/Prompt';
import { kindOf, withArticle } from '../../http/value-kind.ts';

/** Longer than any context; bounds the work before the worker counts. */
const PROMPT_IDS_MAX = 1_000_000;
const UINT32_MAX = 0xffff_ffff;

/**
 * A text, token ids, or a list that holds one of either. By hand rather than by schema: a union of lists would check
 * every item against every kind, and a prompt may have a hundred thousand items.
 */
export function readPrompt(value: unknown): Prompt {
  if (value === undefined) throw new Fault('MISSING_PARAMETER', { message: "Missing required parameter: 'prompt'.", param: 'prompt' });
  if (typeof value === 'string') return { text: value };
  if (!Array.isArray(value)) throw wrongType('prompt', 'one of a string or array of strings', value);
  if (value.length === 0) throw emptyArray('prompt');
  const first: unknown = value[0];
  if (typeof first === 'number') return { tokenIds: { ids: readTokenIds(value, 'prompt') } };
  if (value.length > 1) {
    throw new Fault('UNSUPPORTED_VALUE', {
      message: "Unsupported value: 'prompt' does not support several prompts in one request. Send one request for each.",
      param: 'prompt',
    });
  }
  if (typeof first === 'string') return { text: first };
  if (!Array.isArray(first)) throw wrongType('prompt[0]', 'a string', first);
  if (first.length === 0) throw emptyArray('prompt[0]');
  return { tokenIds: { ids: readTokenIds(first, 'prompt[0]') } };
}

function readTokenIds(values: readonly unknown[], param: string): number[] {
  if (values.length > PROMPT_IDS_MAX) {
    throw new Fault('ARRAY_ABOVE_MAX_LENGTH', {
      message: `Invalid '${param}': array too long. Expected an array with maximum length ${PROMPT_IDS_MAX}, but got an array with length ${values.length} instead.`,
      param,
    });
  }
  return values.map((id, i) => {
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= UINT32_MAX) return id;
    throw wrongType(`${param}[${i}]`, 'a token id', id);
  });
}

function wrongType(param: string, expected: string, value: unknown): Fault {
  return new Fault('INVALID_TYPE', {
    message: `Invalid type for '${param}': expected ${expected}, but got ${withArticle(kindOf(value))} instead.`,
    param,
  });
}

function emptyArray(param: string): Fault {
  return new Fault('EMPTY_ARRAY', {
    message: `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    param,
  });
}
