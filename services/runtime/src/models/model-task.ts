import type { GgufFileInfo } from 'node-llama-cpp';
import type { Task } from './formats.ts';

/** llama.h: enum llama_pooling_type. 0 is none. */
const POOLING_RANK = 4;

/** Architectures that only read. All others may generate, unless their file says how to pool what they read. */
const ENCODERS: ReadonlySet<string> = new Set([
  'bert',
  'eurobert',
  'gemma-embedding',
  'jina-bert-v2',
  'jina-bert-v3',
  'llama-embed',
  'modern-bert',
  'neo-bert',
  'nomic-bert',
  'nomic-bert-moe',
  't5encoder',
]);

/** A head that classifies; scoring a pair is classifying it. */
const CLASSIFIER = /^cls\.(output\.)?weight$/;

/** What a model's file says the model is for. */
export function tellTask(file: GgufFileInfo): Task {
  const { metadata, architectureMetadata, fullTensorInfo } = file;
  const pooling: number = architectureMetadata.pooling_type ?? 0;
  if (pooling > 0) return pooling === POOLING_RANK ? 'rank' : 'embed';
  if (fullTensorInfo?.some(({ name }) => CLASSIFIER.test(name))) return 'rank';
  const isCausal: unknown = architectureMetadata.attention?.causal;
  return isCausal === false || ENCODERS.has(metadata.general.architecture) ? 'embed' : 'generate';
}
