import type { BindingContext, BindingGrammars, BindingSampler } from './binding.ts';
import {
  NO_TOKEN,
  type Adapter,
  type AdapterFile,
  type DecodeItem,
  type DraftItem,
  type Engine,
  type Grammar,
  type PrefillChunk,
  type Sampler,
  type SamplerParams,
  type StepResult,
  type VerifyResult,
} from './engine.ts';
import { LlamaAdapters, type AdapterBinding } from './llama-adapters.ts';
import { LlamaGrammar } from './llama-grammar.ts';
import { LlamaSampler } from './llama-sampler.ts';

export type LlamaEngineParts = {
  readonly binding: BindingContext;
  readonly createNativeSampler: () => BindingSampler;
  readonly loadNativeAdapter: AdapterBinding['load'];
  readonly grammars: BindingGrammars;
  readonly endOfGenerationTokens: readonly number[];
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly close: () => Promise<void>;
};

const FIRST_LOGIT = Uint32Array.of(0);
const NO_LOGITS = new Uint32Array(0);
const NOTHING_SAMPLED = Promise.resolve(NO_TOKEN);

/** The step loop's hands on llama.cpp: sequence ids are slots, one native call per step plus one per sampled token. */
export class LlamaEngine implements Engine {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly #parts: LlamaEngineParts;
  readonly #idleSamplers: LlamaSampler[] = [];
  readonly #token = new Uint32Array(1);
  readonly #adapters: LlamaAdapters;

  constructor(parts: LlamaEngineParts) {
    this.slots = parts.slots;
    this.contextTokens = parts.contextTokens;
    this.batchTokens = parts.batchTokens;
    this.#parts = parts;
    this.#adapters = new LlamaAdapters({ context: parts.binding, load: parts.loadNativeAdapter });
  }

  decode(items: readonly DecodeItem[]): Promise<StepResult> {
    const { binding } = this.#parts;
    binding.initBatch(items.length);
    const logits: (number | undefined)[] = [];
    const samplers: (Sampler | undefined)[] = [];
    for (const item of items) {
      // The binding copies the token at once, so one array serves all.
      this.#token[0] = item.token;
      logits.push(binding.addToBatch(item.slot, item.position, this.#token, FIRST_LOGIT)[0]);
      samplers.push(item.sampler);
    }
    return this.#step(logits, samplers);
  }

  prefill(chunks: readonly PrefillChunk[]): Promise<StepResult> {
    const { binding } = this.#parts;
    binding.initBatch(chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0));
    const logits: (number | undefined)[] = [];
    const samplers: (Sampler | undefined)[] = [];
    for (const chunk of chunks) {
      const wanted = chunk.sampler ? Uint32Array.of(chunk.tokens.length - 1) : NO_LOGITS;
      logits.push(binding.addToBatch(chunk.slot, chunk.position, chunk.tokens, wanted)[0]);
      samplers.push(chunk.sampler);
    }
    return this.#step(logits, samplers);
  }

  async verify(items: readonly DraftItem[]): Promise<VerifyResult> {
    const { binding } = this.#parts;
    binding.initBatch(items.reduce((sum, item) => sum + 1 + item.draft.length, 0));
    const logits = items.map(({ slot, position, token, draft }) => {
      const tokens = Uint32Array.of(token, ...draft);
      return binding.addToBatch(
        slot,
        position,
        tokens,
        tokens.map((_, i) => i),
      );
    });
    const startMs = performance.now();
    await this.#adapters.compute(() => binding.decodeBatch());
    const decodedMs = performance.now();
    // Every sampler reads the context's logits, so all must end before the next batch, also those beside one that fails.
    const sampled = await Promise.allSettled(items.map((item, i) => this.#sampleWhileRight(item, logits[i] ?? NO_LOGITS)));
    const tokens = sampled.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [NO_TOKEN]));
    return { tokens, forwardMs: decodedMs - startMs, sampleMs: performance.now() - decodedMs };
  }

  clear(slot: number): void {
    this.#parts.binding.disposeSequence(slot);
  }

  trim(slot: number, length: number): boolean {
    if (this.#parts.binding.removeTokenCellsFromSequence(slot, length, -1)) return true;
    this.clear(slot);
    return false;
  }

  async copy(from: number, to: number): Promise<void> {
    this.clear(to);
    await this.#parts.binding.copySequenceStateFromOtherSequence(to, from);
  }

  async move(from: number, to: number): Promise<void> {
    await this.copy(from, to);
    this.clear(from);
  }

  save(slot: number, path: string, ids: Uint32Array): Promise<number> {
    return this.#parts.binding.saveSequenceStateToFile(path, slot, ids);
  }

  async load(path: string, slot: number): Promise<void> {
    await this.#parts.binding.loadSequenceStateFromFile(path, slot, this.contextTokens);
  }

  useAdapter(adapter: Adapter | undefined): void {
    this.#adapters.use(adapter);
  }

  loadAdapter(file: AdapterFile): Promise<Adapter> {
    return this.#adapters.load(file);
  }

  unloadAdapter(adapter: Adapter): Promise<void> {
    return this.#adapters.unload(adapter);
  }

  // oxlint-disable-next-line typescript/require-await
  async compileGrammar(gbnf: string): Promise<Grammar> {
    return LlamaGrammar.compile(gbnf, this.#parts.grammars);
  }

  acquireSampler(params: SamplerParams): Sampler {
    const sampler = this.#idleSamplers.pop() ?? new LlamaSampler(this.#parts.createNativeSampler(), this.#parts);
    sampler.configure(params);
    return sampler;
  }

  releaseSampler(sampler: Sampler): void {
    const released = asLlamaSampler(sampler);
    released.reset();
    if (this.#idleSamplers.length < this.slots) this.#idleSamplers.push(released);
    else released.native.dispose();
  }

  async close(): Promise<void> {
    await this.#adapters.close();
    for (const sampler of this.#idleSamplers.splice(0)) sampler.native.dispose();
    await this.#parts.close();
  }

  async #sampleWhileRight({ draft, sampler }: DraftItem, logits: Uint32Array): Promise<number[]> {
    const sampled: number[] = [];
    for (const logit of logits) {
      sampled.push(await asLlamaSampler(sampler).sample(this.#parts.binding, logit));
      if (sampled.at(-1) !== draft[sampled.length - 1]) break;
    }
    return sampled;
  }

  async #step(logits: readonly (number | undefined)[], samplers: readonly (Sampler | undefined)[]): Promise<StepResult> {
    const { binding } = this.#parts;
    const startMs = performance.now();
    await this.#adapters.compute(() => binding.decodeBatch());
    const decodedMs = performance.now();
    // Every sampler reads the context's logits, so all must end before the next batch.
    const outcomes = await Promise.allSettled(
      samplers.map((sampler, i) => {
        const logit = logits[i];
        return sampler && logit !== undefined ? asLlamaSampler(sampler).sample(binding, logit) : NOTHING_SAMPLED;
      }),
    );
    const tokens = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : NO_TOKEN));
    return { tokens, forwardMs: decodedMs - startMs, sampleMs: performance.now() - decodedMs };
  }
}

function asLlamaSampler(sampler: Sampler): LlamaSampler {
  if (sampler instanceof LlamaSampler) return sampler;
  throw new TypeError('a sampler of another engine');
}
