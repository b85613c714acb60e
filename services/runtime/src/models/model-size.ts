import { GgufInsights, readGgufFileInfo, type GgufFileInfo, type Llama } from 'node-llama-cpp';
import { Fault } from '@sluice/platform/fault';
import type { Backend } from '../engine/backend.ts';
import { wantsFlashAttention } from './flash-attention.ts';
import { freeMemoryBytes } from './free-memory.ts';
import { estimateNeed, type ContextSize, type MemoryNeed } from './memory-need.ts';
import type { Task } from './formats.ts';
import type { ModelSettings } from './model-settings.ts';
import { tellTask } from './model-task.ts';

export type ModelSize = ContextSize & { readonly task: Task; readonly vocabularySize: number; readonly need: MemoryNeed };

/** Sequences that share the context when nothing else is configured. */
const DEFAULT_SLOTS = { cpu: 32, cuda: 64 } as const;
/** One prefill step takes this many tokens at most; it also sizes the compute buffer. */
const DEFAULT_BATCH_TOKENS = { cpu: 512, cuda: 2048 } as const;
/** Longer contexts cost KV memory for every slot, so they are asked for by configuration. */
const DEFAULT_CONTEXT_TOKENS_MAX = 4096;
/** An input that is embedded or ranked is read in one batch; without flash attention its memory grows with the square of this. */
const DEFAULT_INPUT_TOKENS_MAX = { cpu: 2048, cuda: 8192 } as const;

/** How large a model will be with its settings, and what memory that takes, before any of it is loaded. */
export async function sizeModel(
  path: string,
  { settings, backend, llama }: { readonly settings: ModelSettings; readonly backend: Backend; readonly llama: Llama },
): Promise<ModelSize> {
  const file = await readGgufFileInfo(path);
  const insights = await GgufInsights.from(file, llama);
  const task = settings.task ?? tellTask(file);
  const asked = settings.gpuLayers ?? 'max';
  const trained = insights.trainContextSize ?? DEFAULT_CONTEXT_TOKENS_MAX;
  const size = {
    task,
    ...(task === 'generate' ? generationSize(settings, { backend, trained }) : vectorSize(settings, { backend, trained })),
    gpuLayers: backend === 'cpu' ? 0 : asked === 'max' ? insights.totalLayers : asked,
    flashAttention: wantsFlashAttention(file, backend),
    vocabularySize: vocabularySizeOf(file),
  };
  const free = await freeMemory(llama);
  return { ...size, need: await estimateNeed(insights, size, { ...size, freeBytes: free.mainBytes + free.deviceBytes }) };
}

type Limits = { readonly backend: Backend; /** Tokens that the model was made for. */ readonly trained: number };
type Size = Pick<ContextSize, 'slots' | 'contextTokens' | 'batchTokens'>;

function generationSize(settings: ModelSettings, { backend, trained }: Limits): Size {
  const slots = settings.slots ?? DEFAULT_SLOTS[backend];
  const contextTokens = settings.contextTokens ?? Math.min(trained, DEFAULT_CONTEXT_TOKENS_MAX);
  const batchTokens = Math.max(slots, Math.min(settings.batchTokens ?? DEFAULT_BATCH_TOKENS[backend], contextTokens * slots));
  return { slots, contextTokens, batchTokens };
}

/** Most such models have a vector for each position that they were made for, and none beyond. */
function vectorSize(settings: ModelSettings, { backend, trained }: Limits): Size {
  const contextTokens = Math.min(settings.contextTokens ?? DEFAULT_INPUT_TOKENS_MAX[backend], trained);
  return { slots: 1, contextTokens, batchTokens: contextTokens };
}

/** What is free now, of main memory and of the device's. */
export async function freeMemory(llama: Llama): Promise<{ readonly mainBytes: number; readonly deviceBytes: number }> {
  const mainBytes = await freeMemoryBytes();
  return { mainBytes, deviceBytes: llama.gpu === false ? 0 : (await llama.getVramState()).free };
}

function vocabularySizeOf(file: GgufFileInfo): number {
  const tokens: unknown = file.metadata.tokenizer?.ggml?.tokens;
  if (Array.isArray(tokens)) return tokens.length;
  throw new Fault('INTERNAL', { message: 'The GGUF file has no token list.' });
}
