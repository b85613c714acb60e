// Makes the model the benches run on: random weights, real shapes, a real tokenizer, and no download.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeGguf, type GgufTensor, type GgufValue } from '@sluice/testing/gguf-writer';
import { createRandom } from '@sluice/testing/seeded-random';
import { readGgufFileInfo } from 'node-llama-cpp';
import { quantiseQ8 } from './quantise-q8.ts';

type Shape = { width: number; layers: number; heads: number; kvHeads: number; ffn: number; vocabulary: number; contextTokens: number };

const usage = `usage: node bench/src/make-model.ts [options]

  --out PATH        default bench/.models/bench-120m-q8_0.gguf
  --tokenizer GGUF  whose tokenizer and chat template to reuse, default models/demo-chat.gguf
  --seed N          default 1; the same seed and shape give the same bytes
  --width N --layers N --heads N --kv-heads N --ffn N --vocabulary N --context N
                    default 768 12 12 4 2048 32000 4096: 125M parameters`;

/** Writes a random llama model in q8_0 to `path` and returns its parameter count; the same arguments give the same bytes. */
export const makeModel = async (path: string, shape: Shape, options: { seed: number; tokenizerPath: string }): Promise<number> => {
  const tensors = modelTensors(shape, options.seed);
  writeGguf(path, { ...architecture(shape), ...(await paddedTokenizer(options.tokenizerPath, shape.vocabulary)) }, tensors);
  return tensors.reduce((sum, tensor) => sum + tensor.shape.reduce((product, size) => product * size, 1), 0);
};

const architecture = (shape: Shape): Record<string, GgufValue> => ({
  'general.architecture': { type: 'string', value: 'llama' },
  'general.name': { type: 'string', value: 'Sluice bench, random weights' },
  'general.file_type': { type: 'u32', value: 7 }, // mostly q8_0
  'general.license': { type: 'string', value: 'MIT' },
  'llama.context_length': { type: 'u32', value: shape.contextTokens },
  'llama.embedding_length': { type: 'u32', value: shape.width },
  'llama.block_count': { type: 'u32', value: shape.layers },
  'llama.feed_forward_length': { type: 'u32', value: shape.ffn },
  'llama.attention.head_count': { type: 'u32', value: shape.heads },
  'llama.attention.head_count_kv': { type: 'u32', value: shape.kvHeads },
  'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
  'llama.rope.dimension_count': { type: 'u32', value: shape.width / shape.heads },
  'llama.rope.freq_base': { type: 'f32', value: 10_000 },
  'llama.vocab_size': { type: 'u32', value: shape.vocabulary },
});

const paddedTokenizer = async (path: string, vocabulary: number): Promise<Record<string, GgufValue>> => {
  const { metadata } = await readGgufFileInfo(path, { readTensorInfo: false, logWarnings: false });
  const { ggml, chat_template: template } = metadata.tokenizer;
  const known: readonly string[] = ggml.tokens;
  if (known.length > vocabulary)
    throw new RangeError(`the tokenizer has ${known.length} tokens, more than the vocabulary of ${vocabulary}`);
  // No merge leads to a padding token, so prompts tokenise as before; but a random model picks them,
  // and then each must be text, or a server would have nothing to stream for it.
  const padding = Array.from({ length: vocabulary - known.length }, (_, i) => `Ġ_${(known.length + i).toString(36)}`);
  const tokens = [...known, ...padding];
  if (new Set(tokens).size !== vocabulary) throw new Error('a padding token is already in the vocabulary');
  return {
    'tokenizer.ggml.model': { type: 'string', value: ggml.model },
    'tokenizer.ggml.pre': { type: 'string', value: ggml.pre ?? 'default' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'i32s', value: [...(ggml.token_type ?? []), ...padding.map(() => 1)] },
    'tokenizer.ggml.merges': { type: 'strings', value: ggml.merges ?? [] },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: ggml.bos_token_id ?? 0 },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: ggml.eos_token_id ?? 0 },
    'tokenizer.ggml.padding_token_id': { type: 'u32', value: ggml.padding_token_id ?? 0 },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    ...(template === undefined ? {} : { 'tokenizer.chat_template': { type: 'string', value: template } }),
  };
};

const modelTensors = ({ width, layers, heads, kvHeads, ffn, vocabulary }: Shape, seed: number): GgufTensor[] => {
  const kvWidth = (width / heads) * kvHeads;
  const matrix = (name: string, columns: number, rows: number, options?: MatrixOptions) =>
    randomMatrix(name, [columns, rows], { seed, ...options });
  const block = (layer: number) => [
    norm(`blk.${layer}.attn_norm.weight`, width),
    matrix(`blk.${layer}.attn_q.weight`, width, width),
    matrix(`blk.${layer}.attn_k.weight`, width, kvWidth),
    matrix(`blk.${layer}.attn_v.weight`, width, kvWidth),
    matrix(`blk.${layer}.attn_output.weight`, width, width),
    norm(`blk.${layer}.ffn_norm.weight`, width),
    matrix(`blk.${layer}.ffn_gate.weight`, width, ffn),
    matrix(`blk.${layer}.ffn_up.weight`, width, ffn),
    matrix(`blk.${layer}.ffn_down.weight`, ffn, width),
  ];
  return [
    matrix('token_embd.weight', width, vocabulary),
    norm('output_norm.weight', width),
    // The first three tokens are the control tokens. Their logit is always 0 and the others spread about ±3 around it,
    // so the model practically never ends a text, even on a server that has no way to ignore the end token.
    matrix('output.weight', width, vocabulary, { gain: 3, zeroRows: 3 }),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
  ];
};

const norm = (name: string, width: number): GgufTensor => ({
  name,
  shape: [width],
  type: 'f32',
  chunks: () => [new Uint8Array(new Float32Array(width).fill(1).buffer)],
});

type MatrixOptions = { gain?: number; zeroRows?: number };

const randomMatrix = (name: string, shape: readonly [number, number], options: MatrixOptions & { seed: number }): GgufTensor => ({
  name,
  shape,
  type: 'q8_0',
  *chunks() {
    const [columns, rows] = shape;
    // Uniform values with a variance of 1/fan-in keep activations near 1 through all layers: nothing overflows, nothing dies.
    const random = createRandom(options.seed, name);
    const amplitude = (options.gain ?? 1) * Math.sqrt(3 / columns);
    const values = new Float32Array(columns);
    for (let row = 0; row < rows; row++) {
      const scale = row < (options.zeroRows ?? 0) ? 0 : amplitude;
      for (let column = 0; column < columns; column++) values[column] = (random() * 2 - 1) * scale;
      yield quantiseQ8(values);
    }
  },
});

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: new URL('../.models/bench-120m-q8_0.gguf', import.meta.url).pathname },
      tokenizer: { type: 'string', default: new URL('../../models/demo-chat.gguf', import.meta.url).pathname },
      seed: { type: 'string', default: '1' },
      width: { type: 'string', default: '768' },
      layers: { type: 'string', default: '12' },
      heads: { type: 'string', default: '12' },
      'kv-heads': { type: 'string', default: '4' },
      ffn: { type: 'string', default: '2048' },
      vocabulary: { type: 'string', default: '32000' },
      context: { type: 'string', default: '4096' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const shape: Shape = {
    width: Number(values.width),
    layers: Number(values.layers),
    heads: Number(values.heads),
    kvHeads: Number(values['kv-heads']),
    ffn: Number(values.ffn),
    vocabulary: Number(values.vocabulary),
    contextTokens: Number(values.context),
  };
  const parameters = await makeModel(values.out, shape, { seed: Number(values.seed), tokenizerPath: values.tokenizer });
  console.log(
    `${values.out}: ${(parameters / 1e6).toFixed(1)}M parameters, ${(statSync(values.out).size / 1e6).toFixed(1)} MB, seed ${values.seed}`,
  );
};

if (import.meta.main) await main();
