import { writeGguf, type GgufTensor } from './gguf-writer.ts';
import { createRandom } from './seeded-random.ts';

export type AdapterFileOptions = {
  /** Another seed is another adapter. */
  readonly seed: number;
  /** How far the weights reach: at 2 the demo model says some words otherwise, at 8 all, and its numbers stay finite. */
  readonly strength?: number;
  readonly architecture?: string;
  readonly blocks?: number;
  readonly embedding?: number;
};

const RANK = 4;
/** What the demo model has. */
const DEMO = { architecture: 'llama', blocks: 6, embedding: 192 } as const;

/** Writes a GGUF LoRA adapter of random weights for the demo model, on the queries and the outputs of every attention block. */
export function writeAdapterFile(path: string, options: AdapterFileOptions): void {
  const { architecture = DEMO.architecture, blocks = DEMO.blocks, embedding = DEMO.embedding, seed, strength = 8 } = options;
  const tensors: GgufTensor[] = [];
  for (let block = 0; block < blocks; block++) {
    for (const target of ['attn_q', 'attn_output']) {
      const name = `blk.${block}.${target}.weight`;
      tensors.push(randomTensor(`${name}.lora_a`, [embedding, RANK], { seed, reach: 1 / Math.sqrt(embedding) }));
      tensors.push(randomTensor(`${name}.lora_b`, [RANK, embedding], { seed, reach: strength / Math.sqrt(RANK) }));
    }
  }
  writeGguf(
    path,
    {
      'general.type': { type: 'string', value: 'adapter' },
      'general.architecture': { type: 'string', value: architecture },
      'adapter.type': { type: 'string', value: 'lora' },
      // Alpha over rank scales the product of the two; here by 1.
      'adapter.lora.alpha': { type: 'f32', value: RANK },
    },
    tensors,
  );
}

function randomTensor(name: string, shape: readonly [number, number], { seed, reach }: { seed: number; reach: number }): GgufTensor {
  return {
    name,
    shape,
    type: 'f32',
    *chunks() {
      const random = createRandom(seed, name);
      const values = Float32Array.from({ length: shape[0] * shape[1] }, () => (random() * 2 - 1) * reach);
      yield new Uint8Array(values.buffer);
    },
  };
}
