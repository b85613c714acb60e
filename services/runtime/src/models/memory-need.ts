import type { GgufInsights } from 'node-llama-cpp';

/** What a model takes, of main memory and of the device's, by what it takes it for. */
export type MemoryNeed = { readonly weights: Memory; readonly context: Memory };
export type Memory = { readonly mainBytes: number; readonly deviceBytes: number };

export type ContextSize = {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly gpuLayers: number;
  readonly flashAttention: boolean | 'auto';
};

/** One sampler holds a candidate for each token of the vocabulary. */
const CANDIDATE_BYTES = 12;
const MIB = 2 ** 20;

/**
 * What the model and its context will take, by llama.cpp's own account of them. That account needs memory itself, for cells
 * that have no data yet, so a cache that is larger than all that is free is only computed.
 */
export async function estimateNeed(
  insights: GgufInsights,
  size: ContextSize,
  { vocabularySize, freeBytes }: { vocabularySize: number; freeBytes: number },
): Promise<MemoryNeed> {
  const { slots, contextTokens, batchTokens: batchSize, gpuLayers, flashAttention } = size;
  const weights = toMemory(await insights.estimateModelResourceRequirementsV2({ gpuLayers }));
  const context = { contextSize: contextTokens, sequences: slots, modelGpuLayers: gpuLayers, batchSize, swaFullCache: true };
  const cache = toMemory(
    insights.estimateContextResourceRequirements({ ...context, flashAttention: flashAttention !== false, includeGraphOverhead: false }),
  );
  const isHopeless = cache.mainBytes + cache.deviceBytes > freeBytes;
  const used = isHopeless ? cache : toMemory(await insights.estimateContextResourceRequirementsV2({ ...context, flashAttention }));
  return { weights, context: { ...used, mainBytes: used.mainBytes + slots * vocabularySize * CANDIDATE_BYTES } };
}

/** What a model takes with the one that guesses for it, and with what it may keep of prompts in memory. */
export function sumOf(own: MemoryNeed, { draft, prefixCacheMb }: { draft: MemoryNeed | undefined; prefixCacheMb: number }): MemoryNeed {
  const kept = { mainBytes: prefixCacheMb * MIB, deviceBytes: 0 };
  const context = plus(own.context, kept);
  return draft ? { weights: plus(own.weights, draft.weights), context: plus(context, draft.context) } : { ...own, context };
}

function plus(a: Memory, b: Memory): Memory {
  return { mainBytes: a.mainBytes + b.mainBytes, deviceBytes: a.deviceBytes + b.deviceBytes };
}

export function totalOf({ weights, context }: MemoryNeed): Memory {
  return { mainBytes: weights.mainBytes + context.mainBytes, deviceBytes: weights.deviceBytes + context.deviceBytes };
}

function toMemory({ cpuRam, gpuVram }: { readonly cpuRam: number; readonly gpuVram: number }): Memory {
  return { mainBytes: cpuRam, deviceBytes: gpuVram };
}
