import { Fault } from '@sluice/platform/fault';
import { GgufHeaderError, readGgufHeader, type GgufHeader, type GgufTensorEntry } from './gguf-header.ts';

/** What an adapter must fit. */
export type ModelShape = {
  readonly architecture: string;
  /** By name, the contiguous dimension first. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
};

/** f32, f16, q8_0 and bf16, which is what converters write. llama.cpp ends the process on types that it cannot multiply with. */
const USABLE_TYPES: ReadonlySet<number> = new Set([0, 1, 8, 30]);
const TOKEN_EMBEDDING = 'token_embd.weight';

/**
 * Reads a file's header and throws a Fault that says why the file is no adapter for this model. llama.cpp would say it
 * in its own log only, and of some of it not before it computes.
 */
export async function checkAdapter(path: string, name: string, shape: ModelShape): Promise<void> {
  const problem = await problemOf(path, shape);
  if (problem === undefined) return;
  throw new Fault('INVALID_VALUE', { message: `The adapter \`${name}\` cannot be used: ${problem}.`, param: 'adapter' });
}

async function problemOf(path: string, shape: ModelShape): Promise<string | undefined> {
  try {
    const header = await readGgufHeader(path);
    return kindProblem(header, shape) ?? tensorsProblem(header.tensors, shape);
  } catch (error) {
    if (error instanceof GgufHeaderError) return error.message;
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return 'its file does not exist';
    throw error;
  }
}

function kindProblem({ values }: GgufHeader, { architecture }: ModelShape): string | undefined {
  const text = (key: string): string => {
    const entry = values.get(key);
    return entry?.type === 'string' ? entry.value : '';
  };
  if (text('general.type') !== 'adapter') return 'its GGUF file is not an adapter (general.type)';
  if (text('adapter.type') !== 'lora') return `it is not a LoRA adapter but \`${brief(text('adapter.type'))}\``;
  const made = text('general.architecture');
  if (made !== architecture) return `it is made for \`${brief(made)}\` models, and this is a \`${architecture}\` model`;
  if (values.get('adapter.lora.alpha')?.type !== 'f32') return 'it has no adapter.lora.alpha';
  if (values.has('adapter.alora.invocation_tokens')) return 'it is an activated LoRA, which is not supported';
  return undefined;
}

type Pair = { a?: GgufTensorEntry; b?: GgufTensorEntry };

function tensorsProblem(tensors: readonly GgufTensorEntry[], shape: ModelShape): string | undefined {
  const pairs = new Map<string, Pair>();
  for (const tensor of tensors) {
    // llama.cpp passes these over, too.
    if (tensor.name.endsWith('_norm.weight')) continue;
    const [, target, part] = /^(.+)\.lora_([ab])$/.exec(tensor.name) ?? [];
    if (target === undefined) return `it has a tensor \`${brief(tensor.name)}\`, which is no part of a LoRA adapter`;
    if (!USABLE_TYPES.has(tensor.type)) return `the type of its tensor \`${brief(tensor.name)}\` is not f32, f16, bf16 or q8_0`;
    pairs.set(target, { ...pairs.get(target), [part === 'a' ? 'a' : 'b']: tensor });
  }
  if (pairs.size === 0) return 'it has no LoRA tensors';
  for (const [target, { a, b }] of pairs) {
    const problem = pairProblem(target, a?.shape, b?.shape, shape.tensors.get(target));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function pairProblem(
  target: string,
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  base: readonly number[] | undefined,
): string | undefined {
  const name = brief(target);
  if (!a || !b) return `one of the two tensors for \`${name}\` is missing`;
  if (!base) return `the model has no tensor \`${name}\``;
  const [into, out] = [size(base, 0), size(base, 1)];
  // The embedding is looked up by row, so both of its tensors are the other way round.
  const fits =
    target === TOKEN_EMBEDDING
      ? size(b, 1) === into && size(a, 1) === out && size(a, 0) === size(b, 0)
      : size(a, 0) === into && size(b, 1) === out && size(a, 1) === size(b, 0);
  // Models of experts stack one matrix for each.
  const isStackedAlike = [2, 3].every((at) => size(a, at) === size(base, at) && size(b, at) === size(base, at));
  return fits && isStackedAlike ? undefined : `its tensors for \`${name}\` have another shape than the model's ${base.join(' × ')}`;
}

function size(shape: readonly number[], dimension: number): number {
  return shape[dimension] ?? 1;
}

/** Text out of a stranger's file, as it may stand in a message. */
function brief(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]|`/g, '?');
}
