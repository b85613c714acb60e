import { Fault } from '@sluice/platform/fault';
import type { Prompt } from '@sluice/proto/v1/Prompt';
import { kindOf, withArticle } from '../../http/value-kind.ts';

/** Longer than any context; bounds the work before the worker counts. */
const PROMPT_IDS_MAX = 1_000_000;
const PROMPTS_MAX = 128;
const UINT32_MAX = 0xffff_ffff;

/**
 * A text, token ids, or a list of several of either. By hand rather than by schema: a union of lists would check every item
 * against every kind, and a prompt may have a hundred thousand items.
 */
export function readPrompts(value: unknown, { param = 'prompt', max = PROMPTS_MAX } = {}): readonly [Prompt, ...Prompt[]] {
  if (value === undefined) throw new Fault('MISSING_PARAMETER', { message: `Missing required parameter: '${param}'.`, param });
  if (typeof value === 'string') return [{ text: value }];
  if (!Array.isArray(value)) throw wrongType(param, 'one of a string or array of strings', value);
  const [first, ...others]: unknown[] = value;
  if (first === undefined) throw emptyArray(param);
  if (typeof first === 'number') return [{ tokenIds: { ids: readTokenIds(value, param) } }];
  if (value.length > max) throw tooLong(param, value.length, max);
  const readOne = typeof first === 'string' ? readText : readIds;
  return [readOne(first, `${param}[0]`), ...others.map((each, i) => readOne(each, `${param}[${i + 1}]`))];
}

function readText(value: unknown, param: string): Prompt {
  if (typeof value === 'string') return { text: value };
  throw wrongType(param, 'a string', value);
}

function readIds(value: unknown, param: string): Prompt {
  if (!Array.isArray(value)) throw wrongType(param, param.endsWith('[0]') ? 'a string' : 'an array of token ids', value);
  if (value.length === 0) throw emptyArray(param);
  return { tokenIds: { ids: readTokenIds(value, param) } };
}

function readTokenIds(values: readonly unknown[], param: string): number[] {
  if (values.length > PROMPT_IDS_MAX) throw tooLong(param, values.length, PROMPT_IDS_MAX);
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

function tooLong(param: string, length: number, lengthMax: number): Fault {
  return new Fault('ARRAY_ABOVE_MAX_LENGTH', {
    message: `Invalid '${param}': array too long. Expected an array with maximum length ${lengthMax}, but got an array with length ${length} instead.`,
    param,
  });
}

function emptyArray(param: string): Fault {
  return new Fault('EMPTY_ARRAY', {
    message: `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    param,
  });
}
