import { open, readFile, writeFile } from 'node:fs/promises';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import {
  NO_TOKEN,
  type Adapter,
  type AdapterFile,
  type DecodeItem,
  type DraftItem,
  type Engine,
  type Grammar,
  type PrefillChunk,
  type PromptLogprobsWanted,
  type Sampler,
  type SamplerParams,
  type StepResult,
  type TokenLogprobs,
  type VerifyResult,
} from './engine.ts';
import { ScriptedStreams } from './scripted-streams.ts';

export type ScriptedEngineOptions = {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly vocabulary: number;
  readonly endOfGenerationTokens: readonly number[];
  /** The next greedy token after `history`; by default a hash of the history, so that every prompt has its own text. */
  readonly next?: (history: readonly number[], adapter: Adapter | undefined) => number;
  /** What a step says it took; nothing by default. */
  readonly forwardMs?: (step: { readonly sequences: number; readonly tokens: number }) => number;
  /** Called before each step; a test may wait here, or throw to make the step fail. */
  readonly beforeStep?: (kind: 'decode' | 'prefill', slots: readonly number[]) => Promise<void> | void;
};

type ScriptedSampler = Sampler & {
  readonly params: SamplerParams;
  /** How many tokens were sampled with it. */
  sampled: number;
  readonly forced: number[];
  draw(): number;
  isBanned(token: number): boolean;
};

/** A model without a model: keeps each slot's tokens and answers deterministically. Passes the same contract suite as the real engine, but knows no sampling beyond seed, bias and grammar. */
export class ScriptedEngine implements Engine {
  readonly slots: number;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly #options: ScriptedEngineOptions;
  readonly #streams: ScriptedStreams;
  #adapter: Adapter | undefined;

  constructor(options: ScriptedEngineOptions) {
    this.slots = options.slots;
    this.contextTokens = options.contextTokens;
    this.batchTokens = options.batchTokens;
    this.#options = options;
    this.#streams = new ScriptedStreams(options.slots);
  }

  decode(items: readonly DecodeItem[]): Promise<StepResult> {
    return this.#step(
      'decode',
      items.map((item) => ({ ...item, tokens: Uint32Array.of(item.token) })),
    );
  }

  prefill(chunks: readonly PrefillChunk[]): Promise<StepResult> {
    return this.#step('prefill', chunks);
  }

  async verify(items: readonly DraftItem[]): Promise<VerifyResult> {
    const chunks = items.map((item) => ({ ...item, tokens: Uint32Array.of(item.token, ...item.draft) }));
    await this.#begin('decode', chunks);
    const tokens = chunks.map(({ slot, tokens: given, draft, sampler }) => {
      const before = this.#streams.length(slot);
      this.#streams.append(slot, given);
      const history = this.#streams.tokens(slot);
      const sampled: number[] = [];
      do sampled.push(this.#sample(history.slice(0, before + 1 + sampled.length), asScripted(sampler)));
      while (sampled.length <= draft.length && sampled.at(-1) === draft[sampled.length - 1]);
      return sampled;
    });
    return { tokens, forwardMs: this.#forwardMs(chunks), sampleMs: 0 };
  }

  clear(slot: number): void {
    this.#streams.trim(slot, 0);
  }

  trim(slot: number, length: number): boolean {
    this.#streams.trim(slot, length);
    return true;
  }

  copy(from: number, to: number): Promise<void> {
    this.#streams.copy(from, to);
    return Promise.resolve();
  }

  move(from: number, to: number): Promise<void> {
    this.#streams.copy(from, to);
    this.#streams.trim(from, 0);
    return Promise.resolve();
  }

  async save(slot: number, path: string): Promise<number> {
    const text = JSON.stringify(this.#streams.tokens(slot));
    await writeFile(path, text);
    return Buffer.byteLength(text);
  }

  async load(path: string, slot: number): Promise<void> {
    const ids: unknown = JSON.parse(await readFile(path, 'utf8'));
    this.#streams.load(slot, Array.isArray(ids) ? ids.map(Number) : []);
  }

  useAdapter(adapter: Adapter | undefined): void {
    this.#adapter = adapter;
  }

  async loadAdapter({ path, name }: AdapterFile): Promise<Adapter> {
    await using file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') === 'GGUF') return { name };
    throw new Fault('INVALID_VALUE', { message: `The adapter \`${name}\` cannot be loaded: it is not a GGUF file.`, param: 'adapter' });
  }

  unloadAdapter(): Promise<void> {
    return Promise.resolve();
  }

  /** A grammar here is token ids with spaces between: the whole output, which ends there. */
  compileGrammar(gbnf: string): Promise<Grammar> {
    if (/^\d+( \d+)*$/.test(gbnf)) return Promise.resolve({ gbnf });
    return Promise.reject(new Fault('INVALID_VALUE', { message: 'A scripted grammar is a list of token ids.', param: 'grammar' }));
  }

  acquireSampler(params: SamplerParams): Sampler {
    return createScriptedSampler(params, this.#options.endOfGenerationTokens);
  }

  releaseSampler(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #step(kind: 'decode' | 'prefill', chunks: readonly PrefillChunk[]): Promise<StepResult> {
    await this.#begin(kind, chunks);
    const promptLogprobs = chunks.map((chunk) => chunk.logprobs && this.#promptLogprobs(chunk, chunk.logprobs));
    const tokens = chunks.map((chunk) => {
      this.#streams.append(chunk.slot, chunk.tokens);
      return chunk.sampler ? this.#sample(this.#streams.tokens(chunk.slot), asScripted(chunk.sampler)) : NO_TOKEN;
    });
    const logprobs = chunks.map(({ slot, sampler }, i) => {
      const top = sampler && asScripted(sampler).params.logprobs;
      return top === undefined ? undefined : this.#logprobs(this.#streams.tokens(slot), { token: tokens[i] ?? NO_TOKEN, top });
    });
    return {
      tokens,
      ...(logprobs.some(Boolean) ? { logprobs } : undefined),
      ...(promptLogprobs.some(Boolean) ? { promptLogprobs } : undefined),
      forwardMs: this.#forwardMs(chunks),
      sampleMs: 0,
    };
  }

  async #begin(kind: 'decode' | 'prefill', chunks: readonly PrefillChunk[]): Promise<void> {
    this.#check(chunks);
    // A real step leaves the event loop free, so this one does too.
    await nextTick();
    await this.#options.beforeStep?.(
      kind,
      chunks.map((chunk) => chunk.slot),
    );
    this.#streams.settle();
  }

  #forwardMs(chunks: readonly PrefillChunk[]): number {
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
    return this.#options.forwardMs?.({ sequences: chunks.length, tokens }) ?? 0;
  }

  #check(chunks: readonly PrefillChunk[]): void {
    const total = chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
    if (total < 1 || total > this.batchTokens) throw new RangeError('Invalid batch size');
    let last = -1;
    for (const chunk of chunks) {
      if (chunk.slot <= last) throw new Error(`slots must ascend: ${chunk.slot} after ${last}`);
      last = chunk.slot;
      const length = this.#streams.length(chunk.slot);
      if (length !== chunk.position) throw new Error(`slot ${chunk.slot} holds ${length} tokens, not ${chunk.position}`);
      if (length + chunk.tokens.length > this.contextTokens) throw new Error('could not find a KV slot for the batch');
    }
  }

  #promptLogprobs({ slot, tokens }: PrefillChunk, { followers, top }: PromptLogprobsWanted): TokenLogprobs[] {
    const before = this.#streams.tokens(slot);
    return [...followers].map((token, i) => this.#logprobs([...before, ...tokens.subarray(0, i + 1)], { token, top }));
  }

  /** The greedy token has half of the chances, the one after it a quarter, and so on. */
  #logprobs(history: readonly number[], { token, top }: { token: number; top: number }): TokenLogprobs {
    const { vocabulary } = this.#options;
    const greedy = this.#greedy(history);
    const logprobOf = (id: number): number => -Math.LN2 * (1 + ((id - greedy + vocabulary) % vocabulary));
    const likeliest = Array.from({ length: top }, (_, i) => (greedy + i) % vocabulary);
    return { tokenId: token, logprob: logprobOf(token), top: likeliest.map((tokenId) => ({ tokenId, logprob: logprobOf(tokenId) })) };
  }

  #greedy(history: readonly number[]): number {
    return this.#options.next?.(history, this.#adapter) ?? hash(history, this.#adapter?.name ?? '') % this.#options.vocabulary;
  }

  #sample(history: readonly number[], sampler: ScriptedSampler): number {
    const greedy = this.#greedy(history);
    const { vocabulary } = this.#options;
    const place = sampler.sampled++;
    const forced = sampler.forced.shift();
    if (forced !== undefined) return forced;
    const { grammar } = sampler.params;
    if (grammar) return Number(grammar.gbnf.split(' ')[place] ?? this.#options.endOfGenerationTokens[0]);
    let token = sampler.params.temperature > 0 ? (greedy + sampler.draw()) % vocabulary : greedy;
    while (sampler.isBanned(token)) token = (token + 1) % vocabulary;
    return token;
  }
}

function createScriptedSampler(params: SamplerParams, endOfGenerationTokens: readonly number[]): ScriptedSampler {
  let state = params.seed;
  let isEndBanned = params.banEndOfGeneration;
  const forced: number[] = [];
  return {
    params,
    sampled: 0,
    forced,
    draw() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 16;
    },
    isBanned: (token) =>
      (params.logitBias.get(token) ?? 0) <= -100 ||
      (params.bannedTokens?.includes(token) ?? false) ||
      (isEndBanned && endOfGenerationTokens.includes(token)),
    allowEndOfGeneration() {
      isEndBanned = false;
    },
    force: (tokens) => void forced.push(...tokens),
  };
}

function asScripted(sampler: Sampler): ScriptedSampler {
  if ('draw' in sampler) return sampler as ScriptedSampler;
  throw new TypeError('a sampler of another engine');
}

/** FNV-1a over the tokens. */
function hash(tokens: readonly number[], adapter: string): number {
  let value = 2_166_136_261;
  for (const byte of Buffer.from(adapter)) value = Math.imul(value ^ byte, 16_777_619) >>> 0;
  for (const token of tokens) value = Math.imul(value ^ token, 16_777_619) >>> 0;
  return value;
}
