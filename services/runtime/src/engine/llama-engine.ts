import { Fault } from '@sluice/platform/fault';
import type { BindingContext, BindingGrammars, BindingSampler } from './binding.ts';
import {
  NO_TOKEN,
  PROMPT_LOGPROBS_TOKENS_MAX,
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
  type TokenLogprobs,
  type VerifyResult,
} from './engine.ts';
import { LlamaAdapters, type AdapterBinding } from './llama-adapters.ts';
import { LlamaGrammar } from './llama-grammar.ts';
import { LlamaSampler } from './llama-sampler.ts';
import type { Utf8Ban } from './utf8-ban.ts';
import { allEnded } from './sampling/all-ended.ts';
import { PromptLogprobs } from './sampling/prompt-logprobs.ts';

export type LlamaEngineParts = {
  readonly binding: BindingContext;
  readonly createNativeSampler: () => BindingSampler;
  readonly loadNativeAdapter: AdapterBinding['load'];
  readonly grammars: BindingGrammars;
  readonly endOfGenerationTokens: readonly number[];
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly vocabularySize: number;
  readonly utf8: Utf8Ban;
  /** The process computes on one thread beside this one (UV_THREADPOOL_SIZE). */
  readonly isPoolSerial: boolean;
  readonly close: () => Promise<void>;
};

const FIRST_LOGIT = Uint32Array.of(0);
const NO_LOGITS = new Uint32Array(0);
const NOTHING_SAMPLED = Promise.resolve(NO_TOKEN);

/** Where a token is to be sampled: its logits, and the token that it follows. */
type Place = { readonly logit: number | undefined; readonly previous: number; readonly sampler: Sampler | undefined };
type Sampled = Pick<StepResult, 'tokens' | 'logprobs' | 'failures'>;
type PromptLists = NonNullable<StepResult['promptLogprobs']>;

/** The step loop's hands on llama.cpp: sequence ids are slots, one native call per step plus one per sampled token. */
export class LlamaEngine implements Engine {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly #parts: LlamaEngineParts;
  readonly #idleSamplers: LlamaSampler[] = [];
  readonly #token = new Uint32Array(1);
  readonly #adapters: LlamaAdapters;
  readonly #promptLogprobs: PromptLogprobs;
  #isClosed = false;

  constructor(parts: LlamaEngineParts) {
    this.slots = parts.slots;
    this.contextTokens = parts.contextTokens;
    this.batchTokens = parts.batchTokens;
    this.#parts = parts;
    this.#adapters = new LlamaAdapters({ context: parts.binding, load: parts.loadNativeAdapter });
    this.#promptLogprobs = new PromptLogprobs(parts.createNativeSampler);
  }

  async decode(items: readonly DecodeItem[]): Promise<StepResult> {
    const { binding } = this.#parts;
    binding.initBatch(items.length);
    const places = items.map(({ slot, position, token, sampler }): Place => {
      // The binding copies the token at once, so one array serves all.
      this.#token[0] = token;
      return { logit: binding.addToBatch(slot, position, this.#token, FIRST_LOGIT)[0], previous: token, sampler };
    });
    const { result, ...times } = await this.#step(() => this.#sample(places));
    return { ...result, ...times };
  }

  async prefill(chunks: readonly PrefillChunk[]): Promise<StepResult> {
    const { binding } = this.#parts;
    for (const chunk of chunks) assertLogprobsFit(chunk);
    binding.initBatch(chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0));
    const logits = chunks.map((chunk) => binding.addToBatch(chunk.slot, chunk.position, chunk.tokens, wantedLogits(chunk)));
    const places = chunks.map(({ tokens, sampler }, i) => ({ logit: logits[i]?.at(-1), previous: tokens.at(-1) ?? NO_TOKEN, sampler }));
    const { result, ...times } = await this.#step(() =>
      allEnded<[Sampled, PromptLists | undefined]>([
        this.#sample(places),
        chunks.some((chunk) => chunk.logprobs) ? this.#readPrompts(chunks, logits) : undefined,
      ]),
    );
    const [sampled, promptLogprobs] = result;
    return { ...sampled, ...times, ...(promptLogprobs && { promptLogprobs }) };
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
    const { result, ...times } = await this.#step(() =>
      // Every sampler reads the context's logits, so all must end before the next batch, also those beside one that fails.
      Promise.allSettled(items.map((item, i) => this.#sampleWhileRight(item, logits[i] ?? NO_LOGITS))),
    );
    return {
      tokens: result.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [NO_TOKEN])),
      ...failuresOf(result),
      ...times,
    };
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
    // Grammars are made beside the step loop, so one may come when the vocabulary is gone, which llama.cpp would not notice.
    if (this.#isClosed) throw new Fault('MODEL_NOT_READY', { message: 'The model is being unloaded. Please retry in a moment.' });
    return LlamaGrammar.compile(gbnf, this.#parts.grammars);
  }

  acquireSampler(params: SamplerParams): Sampler {
    const sampler = this.#idleSamplers.pop() ?? new LlamaSampler(this.#parts);
    return orDisposed(sampler, () => {
      sampler.configure(params);
      return sampler;
    });
  }

  releaseSampler(sampler: Sampler): void {
    const released = asLlamaSampler(sampler);
    orDisposed(released, () => released.reset());
    if (this.#idleSamplers.length < this.slots) this.#idleSamplers.push(released);
    else released.dispose();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#adapters.close();
    for (const sampler of this.#idleSamplers.splice(0)) sampler.dispose();
    this.#promptLogprobs.dispose();
    await this.#parts.close();
  }

  /** Computes the batch, then samples from it. `sample` must not end before all that it has begun. */
  async #step<Result>(sample: () => Promise<Result>): Promise<{ result: Result; forwardMs: number; sampleMs: number }> {
    const { binding, isPoolSerial } = this.#parts;
    const startMs = performance.now();
    let decodedMs = startMs;
    const result = await this.#adapters.compute(async () => {
      const decode = async (): Promise<void> => {
        await binding.decodeBatch();
        decodedMs = performance.now();
      };
      const decoded = decode();
      if (!isPoolSerial) return decoded.then(sample);
      // The pool's one thread takes what it is given in order, so it goes from the pass to the samplers without a way back
      // to this thread between them: 0.05 to 0.1 ms, a tenth of a small model's step.
      return (await allEnded([decoded, sample()]))[1];
    });
    return { result, forwardMs: decodedMs - startMs, sampleMs: performance.now() - decodedMs };
  }

  async #sampleWhileRight({ token, draft, sampler }: DraftItem, logits: Uint32Array): Promise<number[]> {
    const sampled: number[] = [];
    let previous = token;
    for (const logit of logits) {
      previous = tokenOf(await asLlamaSampler(sampler).sample({ binding: this.#parts.binding, logit, previous }));
      sampled.push(previous);
      if (previous !== draft[sampled.length - 1]) break;
    }
    return sampled;
  }

  /** Every sampler reads the context's logits, so all have ended before this does. */
  async #sample(places: readonly Place[]): Promise<Sampled> {
    const { binding } = this.#parts;
    const outcomes = await Promise.allSettled(
      places.map(({ logit, previous, sampler }) =>
        sampler && logit !== undefined ? asLlamaSampler(sampler).sample({ binding, logit, previous }) : NOTHING_SAMPLED,
      ),
    );
    const samples = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : NO_TOKEN));
    const sampled = { tokens: samples.map(tokenOf), ...failuresOf(outcomes) };
    if (!samples.some((sample) => typeof sample === 'object')) return sampled;
    return { ...sampled, logprobs: samples.map((sample) => (typeof sample === 'object' ? sample : undefined)) };
  }

  async #readPrompts(chunks: readonly PrefillChunk[], logits: readonly Uint32Array[]): Promise<PromptLists> {
    const lists: (readonly TokenLogprobs[] | undefined)[] = [];
    for (const [i, chunk] of chunks.entries())
      lists[i] = chunk.logprobs && (await this.#promptLogprobs.read(this.#parts.binding, logits[i] ?? NO_LOGITS, chunk.logprobs));
    return lists;
  }
}

function tokenOf(sample: number | TokenLogprobs): number {
  return typeof sample === 'object' ? sample.tokenId : sample;
}

function failuresOf(outcomes: readonly PromiseSettledResult<unknown>[]): Pick<StepResult, 'failures'> | undefined {
  if (outcomes.every(({ status }) => status === 'fulfilled')) return undefined;
  return { failures: outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined)) };
}

/** A sampler that an error has left in no known state serves nobody any more. */
function orDisposed<Result>(sampler: LlamaSampler, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    sampler.dispose();
    throw error;
  }
}

/** The last token's logits where something is sampled, and those that foretell the prompt where it is to be judged. */
function wantedLogits({ tokens, sampler, logprobs }: PrefillChunk): Uint32Array {
  const last = tokens.length - 1;
  if (!logprobs) return sampler ? Uint32Array.of(last) : NO_LOGITS;
  return tokens.map((_, i) => i).subarray(0, sampler ? tokens.length : logprobs.followers.length);
}

function assertLogprobsFit({ tokens, logprobs }: PrefillChunk): void {
  if (!logprobs) return;
  if (tokens.length > PROMPT_LOGPROBS_TOKENS_MAX) throw new RangeError(`a chunk with logprobs has ${tokens.length} tokens`);
  if (logprobs.followers.length > tokens.length) throw new RangeError('a chunk has more followers than tokens');
}

function asLlamaSampler(sampler: Sampler): LlamaSampler {
  if (sampler instanceof LlamaSampler) return sampler;
  throw new TypeError('a sampler of another engine');
}
