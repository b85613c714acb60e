import type { BindingVectors } from '../engine/binding.ts';
import type { VectorEngine } from './vector-engine.ts';

type LlamaVectorEngineParts = {
  readonly binding: BindingVectors;
  readonly slots: number;
  readonly contextTokens: number;
  /** Numbers of an answer that anybody wants. */
  readonly dimensions: number | 'all';
  /** The answer is made of all tokens; otherwise it is the last one's. */
  readonly isPooled: boolean;
  readonly close: () => Promise<void>;
};

const TO_THE_END = -1;

const PROBE = 2;

/** One context with one sequence: the binding hands out the vector of sequence 0 only, so inputs are read one by one. */
export class LlamaVectorEngine implements VectorEngine {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly dimensions: number;
  readonly #parts: LlamaVectorEngineParts;
  readonly #offsets: Uint32Array;

  private constructor(parts: LlamaVectorEngineParts, dimensions: number) {
    this.slots = parts.slots;
    this.contextTokens = parts.contextTokens;
    this.batchTokens = parts.contextTokens;
    this.dimensions = dimensions;
    this.#parts = parts;
    this.#offsets = Uint32Array.from({ length: parts.contextTokens }, (_, i) => i);
  }

  /** Proves that the internals it stands on behave: the same input gives the same answer again, after another one. Rejects when they do not. */
  static async start(parts: LlamaVectorEngineParts): Promise<LlamaVectorEngine> {
    const { length } = await new LlamaVectorEngine(parts, 0).read(Uint32Array.of(PROBE));
    const engine = new LlamaVectorEngine(parts, length);
    const first = await engine.read(Uint32Array.of(PROBE, PROBE + 1));
    await engine.read(Uint32Array.of(PROBE + 1));
    const again = await engine.read(Uint32Array.of(PROBE, PROBE + 1));
    if (length > 0 && first.every((value, i) => value === again[i])) return engine;
    throw new Error('The self-test of vectors failed. The installed node-llama-cpp does not behave as version 3.22.1 does.');
  }

  async read(tokens: Uint32Array): Promise<Float64Array> {
    const { binding, isPooled, dimensions } = this.#parts;
    const { length } = tokens;
    if (length === 0 || length > this.contextTokens) throw new RangeError(`an input of ${length} tokens`);
    try {
      binding.initBatch(length);
      // A pooled answer asks for every token's state; llama.cpp logs a warning for each batch that does not.
      binding.addToBatch(0, 0, tokens, isPooled ? this.#offsets.subarray(0, length) : Uint32Array.of(length - 1));
      await binding.decodeBatch();
      return dimensions === 'all' ? binding.getEmbedding(length) : binding.getEmbedding(length, dimensions);
    } finally {
      // Models that read both ways keep nothing; for the others the next input must not see this one.
      binding.removeTokenCellsFromSequence(0, 0, TO_THE_END);
    }
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}
