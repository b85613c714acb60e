import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { ConfigError } from '@sluice/platform/config';
import { parse } from 'yaml';
import { z } from 'zod';

const count = z.number().int().positive();

const settingsFile = z.strictObject({
  /** The name clients ask for. */
  name: z.string().min(1).max(200).optional(),
  /** A GGUF file (relative to this file), or a name such as `hf:user/repo:Q8_0`. */
  model: z.string().min(1),
  context_tokens: count.optional(),
  slots: count.max(256).optional(),
  batch_tokens: count.optional(),
  /** `max`, or a number of layers on the GPU. */
  gpu_layers: z.union([z.literal('max'), z.number().int().min(0)]).optional(),
  /** What unset request parameters mean for this model. */
  sampling: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      top_p: z.number().gt(0).max(1).optional(),
      top_k: z.number().int().min(0).optional(),
      min_p: z.number().min(0).max(1).optional(),
      repetition_penalty: z.number().gt(0).max(2).optional(),
    })
    .default({}),
});

export type SamplingDefaults = {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
};

export type ModelSettings = {
  readonly name: string;
  /** An absolute path or a `hf:`/URL name. */
  readonly source: string;
  readonly contextTokens: number | undefined;
  readonly slots: number | undefined;
  readonly batchTokens: number | undefined;
  readonly gpuLayers: 'max' | number | undefined;
  readonly samplingDefaults: SamplingDefaults;
};

/** OpenAI's defaults, and neutral values for what OpenAI does not have. */
const NEUTRAL: SamplingDefaults = { temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 };

/** Reads `MODEL`: a .yaml file of settings, a .gguf file, or a name to download. A .yaml beside a .gguf of the same name is used with it. Throws ConfigError. */
export async function readModelSettings(model: string): Promise<ModelSettings> {
  if (/\.ya?ml$/.test(model)) return readSettingsFile(resolve(model));
  if (!isPath(model)) return { ...withoutFile(model), name: remoteName(model) };
  const beside = resolve(model.replace(/\.gguf$/, '.yaml'));
  if (beside !== resolve(model) && (await exists(beside))) return { ...(await readSettingsFile(beside)), source: resolve(model) };
  return { ...withoutFile(resolve(model)), name: basename(model, '.gguf') };
}

async function readSettingsFile(path: string): Promise<ModelSettings> {
  const parsed = settingsFile.safeParse(parse(await readText(path)));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(file)'}: ${issue.message}`);
    throw new ConfigError(`${path} is not a usable model configuration:\n${lines.join('\n')}`);
  }
  const file = parsed.data;
  const { sampling } = file;
  return {
    name: file.name ?? basename(path).replace(/\.ya?ml$/, ''),
    source: isPath(file.model) && !isAbsolute(file.model) ? resolve(dirname(path), file.model) : file.model,
    contextTokens: file.context_tokens,
    slots: file.slots,
    batchTokens: file.batch_tokens,
    gpuLayers: file.gpu_layers,
    samplingDefaults: {
      temperature: sampling.temperature ?? NEUTRAL.temperature,
      topP: sampling.top_p ?? NEUTRAL.topP,
      topK: sampling.top_k ?? NEUTRAL.topK,
      minP: sampling.min_p ?? NEUTRAL.minP,
      repetitionPenalty: sampling.repetition_penalty ?? NEUTRAL.repetitionPenalty,
    },
  };
}

function withoutFile(source: string): Omit<ModelSettings, 'name'> {
  return { source, contextTokens: undefined, slots: undefined, batchTokens: undefined, gpuLayers: undefined, samplingDefaults: NEUTRAL };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`The model configuration ${path} cannot be read.`, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}

/** `hf:user/repo:Q8_0` and `https://…` are names; all else is a path. */
function isPath(model: string): boolean {
  return !/^(hf:|huggingface:|https?:\/\/)/.test(model);
}

/** `hf:Qwen/Qwen3-0.6B-GGUF:Q8_0` serves as `Qwen/Qwen3-0.6B-GGUF:Q8_0`. */
function remoteName(model: string): string {
  return model.replace(/^[a-z]+:(\/\/)?/, '');
}
