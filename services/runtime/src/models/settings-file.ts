import { z } from 'zod';
import { adapterEntries } from '../adapters/adapter-settings.ts';
import { REASONING_FORMATS, TASKS, TOOL_FORMATS } from './formats.ts';
import { profileEntry } from './profile.ts';
import { speculationEntry } from './speculation-settings.ts';

const count = z.number().int().positive();
/** Entries of all profiles together; a person reads them. */
const PROFILES_MAX = 50;
/** A terabyte. */
const PREFIX_CACHE_MB_MAX = 1_048_576;
/** A year. */
const IDLE_S_MAX = 31_536_000;

const entries = z.strictObject({
  /** The name clients ask for. */
  name: z.string().min(1).max(200).optional(),
  /** A GGUF file (relative to this file), or a name such as `hf:user/repo:Q8_0`. */
  model: z.string().min(1),
  context_tokens: count.optional(),
  slots: count.max(256).optional(),
  batch_tokens: count.optional(),
  /** `max`, or a number of layers on the GPU. */
  gpu_layers: z.union([z.literal('max'), z.number().int().min(0)]).optional(),
  /** Neither put to sleep nor unloaded to make room for others. */
  pinned: z.boolean().default(false),
  /** Loads with the first request instead of at the start. */
  lazy: z.boolean().default(false),
  /** Without work for so long, it gives its memory back until the next request. */
  idle_sleep_s: z.number().positive().max(IDLE_S_MAX).optional(),
  /** Without it, what the file looks like. */
  task: z.enum(TASKS).optional(),
  /** Its vectors mean nothing when they are cut: `dimensions` is refused. */
  fixed_dimensions: z.boolean().default(false),
  tool_format: z.enum(TOOL_FORMATS).optional(),
  reasoning_format: z.enum(REASONING_FORMATS).optional(),
  speculation: speculationEntry.optional(),
  /** Memory for KV caches that had to leave their slots; 0 for none. */
  prefix_cache_mb: z.number().int().min(0).max(PREFIX_CACHE_MB_MAX).default(0),
  /** LoRA adapters that requests may name. */
  adapters: adapterEntries,
  profiles: z.array(profileEntry).max(PROFILES_MAX).default([]),
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

/** A model's .yaml file. What it does not name is refused. */
export const settingsFile = entries.refine(({ task, adapters }) => adapters.length === 0 || task === undefined || task === 'generate', {
  path: ['adapters'],
  message: 'a model that embeds or ranks takes no adapters',
});
