import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { ConfigError } from '@sluice/platform/config';
import { parse } from 'yaml';
import type { AdapterSettings } from '../adapters/adapter-settings.ts';
import type { ReasoningFormat, Task, ToolFormat } from './formats.ts';
import { toProfile, type Profile } from './profile.ts';
import { settingsFile } from './settings-file.ts';
import type { SpeculationSettings } from './speculation-settings.ts';

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
  readonly isPinned: boolean;
  readonly isLazy: boolean;
  /** Undefined means that it never sleeps. */
  readonly idleSleepMs: number | undefined;
  /** Undefined means what the file looks like, as with the two formats. */
  readonly task: Task | undefined;
  /** Of its vectors: they mean nothing when they are cut. */
  readonly hasFixedDimensions: boolean;
  readonly toolFormat: ToolFormat | undefined;
  readonly reasoningFormat: ReasoningFormat | undefined;
  readonly speculation: SpeculationSettings | undefined;
  /** For KV caches that had to leave their slots; 0 is none. */
  readonly prefixCacheMb: number;
  /** With sources as the model's own: absolute paths, or names. */
  readonly adapters: readonly AdapterSettings[];
  readonly profiles: readonly Profile[];
  readonly samplingDefaults: SamplingDefaults;
};

/** OpenAI's defaults, and neutral values for what OpenAI does not have. */
const NEUTRAL: SamplingDefaults = { temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 };

/** Reads `MODEL`: a .yaml file of settings, a .gguf file, or a name to download. A .yaml beside a .gguf of the same name is used with it. Throws ConfigError. */
export async function readModelSettings(model: string): Promise<ModelSettings> {
  if (/\.ya?ml$/.test(model)) return readSettingsFile(resolve(model));
  if (!isPath(model)) return plainSettings(remoteName(model), model);
  const beside = resolve(model.replace(/\.gguf$/, '.yaml'));
  if (beside !== resolve(model) && (await exists(beside))) return { ...(await readSettingsFile(beside)), source: resolve(model) };
  return plainSettings(basename(model, '.gguf'), resolve(model));
}

async function readSettingsFile(path: string): Promise<ModelSettings> {
  const parsed = settingsFile.safeParse(parse(await readText(path)));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(file)'}: ${issue.message}`);
    throw new ConfigError(`${path} is not a usable model configuration:\n${lines.join('\n')}`);
  }
  const file = parsed.data;
  const { sampling, speculation } = file;
  const folder = dirname(path);
  return {
    name: file.name ?? basename(path).replace(/\.ya?ml$/, ''),
    source: sourceFrom(folder, file.model),
    contextTokens: file.context_tokens,
    slots: file.slots,
    batchTokens: file.batch_tokens,
    gpuLayers: file.gpu_layers,
    isPinned: file.pinned,
    isLazy: file.lazy,
    idleSleepMs: file.idle_sleep_s === undefined ? undefined : file.idle_sleep_s * 1_000,
    task: file.task,
    hasFixedDimensions: file.fixed_dimensions,
    toolFormat: file.tool_format,
    reasoningFormat: file.reasoning_format,
    speculation:
      speculation?.method === 'draft'
        ? { method: 'draft', source: sourceFrom(folder, speculation.model), tokens: speculation.tokens }
        : speculation,
    prefixCacheMb: file.prefix_cache_mb,
    adapters: file.adapters.map((adapter) => ({ ...adapter, source: sourceFrom(folder, adapter.source) })),
    profiles: file.profiles.map(toProfile),
    samplingDefaults: {
      temperature: sampling.temperature ?? NEUTRAL.temperature,
      topP: sampling.top_p ?? NEUTRAL.topP,
      topK: sampling.top_k ?? NEUTRAL.topK,
      minP: sampling.min_p ?? NEUTRAL.minP,
      repetitionPenalty: sampling.repetition_penalty ?? NEUTRAL.repetitionPenalty,
    },
  };
}

/** What a model is without a file that says otherwise. */
export function plainSettings(name: string, source: string): ModelSettings {
  return {
    name,
    source,
    contextTokens: undefined,
    slots: undefined,
    batchTokens: undefined,
    gpuLayers: undefined,
    isPinned: false,
    isLazy: false,
    idleSleepMs: undefined,
    task: undefined,
    hasFixedDimensions: false,
    toolFormat: undefined,
    reasoningFormat: undefined,
    speculation: undefined,
    prefixCacheMb: 0,
    adapters: [],
    profiles: [],
    samplingDefaults: NEUTRAL,
  };
}

function sourceFrom(folder: string, model: string): string {
  return isPath(model) && !isAbsolute(model) ? resolve(folder, model) : model;
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
