import { LAYER_NORM_EPSILON, type TinyEncoder, type Weight } from './tiny-encoder.ts';

type Row = readonly number[];

/** The mean of the last layer's states, made length 1: what an embedding model must answer for these tokens. */
export function embedByHand(encoder: TinyEncoder, tokens: readonly number[]): number[] {
  const states = encode(encoder, tokens);
  const mean = states[0]?.map((_, column) => sum(states.map((state) => at(state, column))) / states.length) ?? [];
  return toUnitLength(mean);
}

/** The head's score of the first token's state, from 0 to 1: what a ranking model must answer for these tokens. */
export function rankByHand(encoder: TinyEncoder, tokens: readonly number[]): number {
  const [first = []] = encode(encoder, tokens);
  const hidden = linear(encoder, 'cls', first).map(Math.tanh);
  return 1 / (1 + Math.exp(-at(linear(encoder, 'cls.output', hidden), 0)));
}

export function toUnitLength(values: Row): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** BERT (arXiv 1810.04805), every matrix product a loop. */
function encode(encoder: TinyEncoder, tokens: readonly number[]): readonly Row[] {
  let states = tokens.map((token, position) => {
    const parts = [row(encoder, 'token_embd', token), row(encoder, 'token_types', 0), row(encoder, 'position_embd', position)];
    return layerNorm(encoder, 'token_embd_norm', parts.reduce(add));
  });
  for (let layer = 0; layer < encoder.layers; layer++) {
    const block = `blk.${layer}`;
    const attended = attend(encoder, block, states);
    const middle = states.map((state, i) => layerNorm(encoder, `${block}.attn_output_norm`, add(state, attended[i] ?? [])));
    states = middle.map((state) => {
      const hidden = linear(encoder, `${block}.ffn_up`, state).map(gelu);
      return layerNorm(encoder, `${block}.layer_output_norm`, add(state, linear(encoder, `${block}.ffn_down`, hidden)));
    });
  }
  return states;
}

function attend(encoder: TinyEncoder, block: string, states: readonly Row[]): readonly Row[] {
  const size = encoder.width / encoder.heads;
  const [queries, keys, values] = ['attn_q', 'attn_k', 'attn_v'].map((part) =>
    states.map((state) => linear(encoder, `${block}.${part}`, state)),
  );
  return (queries ?? []).map((query) => {
    const heads = Array.from({ length: encoder.heads }, (_, head) => {
      const part = (vector: Row): Row => vector.slice(head * size, (head + 1) * size);
      const weights = softmax((keys ?? []).map((key) => dot(part(query), part(key)) / Math.sqrt(size)));
      return (values ?? []).map((value, i) => part(value).map((one) => one * at(weights, i))).reduce(add);
    });
    return linear(encoder, `${block}.attn_output`, heads.flat());
  });
}

function linear(encoder: TinyEncoder, name: string, input: Row): number[] {
  const { shape } = weightOf(encoder, `${name}.weight`);
  const bias = weightOf(encoder, `${name}.bias`).values;
  return Array.from({ length: shape[1] ?? 0 }, (_, out) => dot(row(encoder, name, out), input) + at(bias, out));
}

function layerNorm(encoder: TinyEncoder, name: string, input: Row): number[] {
  const mean = sum(input) / input.length;
  const variance = sum(input.map((value) => (value - mean) ** 2)) / input.length;
  const scale = weightOf(encoder, `${name}.weight`).values;
  const offset = weightOf(encoder, `${name}.bias`).values;
  return input.map((value, i) => ((value - mean) / Math.sqrt(variance + LAYER_NORM_EPSILON)) * at(scale, i) + at(offset, i));
}

/** The approximation by tanh, which llama.cpp uses (arXiv 1606.08415). */
function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function softmax(values: Row): number[] {
  const max = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - max));
  return exponentials.map((value) => value / sum(exponentials));
}

function row(encoder: TinyEncoder, name: string, index: number): Row {
  const { shape, values } = weightOf(encoder, `${name}.weight`);
  const [columns = 0] = shape;
  return [...values.subarray(index * columns, (index + 1) * columns)];
}

function weightOf(encoder: TinyEncoder, name: string): Weight {
  const weight = encoder.weights.get(name);
  if (!weight) throw new RangeError(`the tiny encoder has no ${name}`);
  return weight;
}

function add(a: Row, b: Row): number[] {
  return a.map((value, i) => value + at(b, i));
}

function dot(a: Row, b: Row): number {
  return sum(a.map((value, i) => value * at(b, i)));
}

function sum(values: Row): number {
  return values.reduce((total, value) => total + value, 0);
}

function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index}`);
  return value;
}
