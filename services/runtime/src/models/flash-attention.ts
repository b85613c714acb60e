import type { GgufFileInfo } from 'node-llama-cpp';
import type { Backend } from '../engine/backend.ts';

/** Below this head size llama.cpp's CPU kernel for flash attention loses to plain attention. */
const HEAD_SIZE_MIN = 64;

/**
 * Flash attention where it helps. Measured on the CPU with 8 sequences (docs/decisions/flash-attention.md): heads of 32
 * run at 1,080 tokens/s with it and 2,090 without, heads of 64 at 242 with it and 217 without.
 */
export function wantsFlashAttention({ architectureMetadata }: GgufFileInfo, backend: Backend): boolean | 'auto' {
  if (backend === 'cuda') return 'auto';
  const { attention, embedding_length: width } = architectureMetadata;
  const heads = attention?.head_count;
  if (typeof heads !== 'number' || typeof width !== 'number' || heads === 0) return 'auto';
  const headSize = attention?.key_length ?? width / heads;
  return headSize >= HEAD_SIZE_MIN ? 'auto' : false;
}
