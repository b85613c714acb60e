import { writeGguf, type GgufTensor, type GgufValue } from '../gguf-writer.ts';
import { createRandom } from '../seeded-random.ts';
import { idOf, TOKEN_TYPES, VOCABULARY } from './vocabulary.ts';

/** `shape` is in GGUF order: columns, then rows. */
export type Weight = { readonly shape: readonly number[]; readonly values: Float32Array<ArrayBuffer> };

/** A BERT with random weights, small enough to be computed by hand in a test. */
export type TinyEncoder = {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly contextTokens: number;
  /** Mean of all tokens; or a head that scores a pair of texts. */
  readonly task: 'embed' | 'rank';
  readonly weights: ReadonlyMap<string, Weight>;
};

export type TinyEncoderOptions = {
  readonly task: TinyEncoder['task'];
  readonly seed?: number;
  readonly width?: number;
  readonly contextTokens?: number;
};

export const LAYER_NORM_EPSILON = 1e-5;
const LAYERS = 2;
const HEADS = 2;
/** llama.h: enum llama_pooling_type. */
const POOLING = { embed: 1, rank: 4 } as const;

/** The same options give the same weights. */
export function createTinyEncoder({ task, seed = 1, width = 32, contextTokens = 64 }: TinyEncoderOptions): TinyEncoder {
  const weights = new Map<string, Weight>();
  const random = (name: string, shape: readonly number[], scale: number, offset = 0): void => {
    const next = createRandom(seed, name);
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => offset + (next() * 2 - 1) * scale);
    weights.set(name, { shape, values });
  };
  // Uniform values with a variance of 1/fan-in keep activations near 1.
  const linear = (name: string, columns: number, rows: number): void => {
    random(`${name}.weight`, [columns, rows], Math.sqrt(3 / columns));
    random(`${name}.bias`, [rows], 0.1);
  };
  const norm = (name: string): void => {
    random(`${name}.weight`, [width], 0.2, 1);
    random(`${name}.bias`, [width], 0.1);
  };
  random('token_embd.weight', [width, VOCABULARY.length], 1);
  random('token_types.weight', [width, 2], 0.1);
  random('position_embd.weight', [width, contextTokens], 0.2);
  norm('token_embd_norm');
  for (let layer = 0; layer < LAYERS; layer++) {
    const block = `blk.${layer}`;
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) linear(`${block}.${part}`, width, width);
    norm(`${block}.attn_output_norm`);
    linear(`${block}.ffn_up`, width, width * 2);
    linear(`${block}.ffn_down`, width * 2, width);
    norm(`${block}.layer_output_norm`);
  }
  if (task === 'rank') {
    linear('cls', width, width);
    linear('cls.output', width, 1);
  }
  return { width, heads: HEADS, layers: LAYERS, contextTokens, task, weights };
}

/** Writes the model as a GGUF file that llama.cpp loads. */
export function writeTinyEncoder(path: string, encoder: TinyEncoder): void {
  const tensors = [...encoder.weights].map(([name, { shape, values }]): GgufTensor => ({
    name,
    shape,
    type: 'f32',
    chunks: () => [new Uint8Array(values.buffer)],
  }));
  writeGguf(path, metadataOf(encoder), tensors);
}

function metadataOf({ width, heads, layers, contextTokens, task }: TinyEncoder): Record<string, GgufValue> {
  return {
    'general.architecture': { type: 'string', value: 'bert' },
    'general.name': { type: 'string', value: `Sluice tiny ${task}, random weights` },
    'general.file_type': { type: 'u32', value: 0 },
    'general.license': { type: 'string', value: 'MIT' },
    'bert.context_length': { type: 'u32', value: contextTokens },
    'bert.embedding_length': { type: 'u32', value: width },
    'bert.block_count': { type: 'u32', value: layers },
    'bert.feed_forward_length': { type: 'u32', value: width * 2 },
    'bert.attention.head_count': { type: 'u32', value: heads },
    'bert.attention.layer_norm_epsilon': { type: 'f32', value: LAYER_NORM_EPSILON },
    'bert.attention.causal': { type: 'bool', value: false },
    'bert.pooling_type': { type: 'u32', value: POOLING[task] },
    'tokenizer.ggml.model': { type: 'string', value: 'bert' },
    'tokenizer.ggml.tokens': { type: 'strings', value: VOCABULARY },
    'tokenizer.ggml.token_type': { type: 'i32s', value: TOKEN_TYPES },
    'tokenizer.ggml.token_type_count': { type: 'u32', value: 2 },
    'tokenizer.ggml.padding_token_id': { type: 'u32', value: idOf('[PAD]') },
    'tokenizer.ggml.unknown_token_id': { type: 'u32', value: idOf('[UNK]') },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: idOf('[CLS]') },
    'tokenizer.ggml.cls_token_id': { type: 'u32', value: idOf('[CLS]') },
    'tokenizer.ggml.seperator_token_id': { type: 'u32', value: idOf('[SEP]') },
    'tokenizer.ggml.mask_token_id': { type: 'u32', value: idOf('[MASK]') },
  };
}
