import type { Watermark } from '../watermark/watermark.ts';
import type { DryParams } from './sampling/dry.ts';
import type { MirostatParams } from './sampling/mirostat.ts';
import type { XtcParams } from './sampling/xtc.ts';

/** What the scheduler needs of a model: slots that hold a KV cache, steps that move them. Knows nothing of requests. */

export type SamplerParams = {
  /** 0 is greedy. */
  readonly temperature: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 0 keeps all. */
  readonly minP: number;
  /** 1 is neutral. */
  readonly repetitionPenalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly seed: number;
  /** Added to the logits before anything else; -Infinity bans the token. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** Never sampled, whatever the bias. */
  readonly bannedTokens?: readonly number[] | undefined;
  /** End-of-generation tokens cannot be sampled until `allowEndOfGeneration` is called. */
  readonly banEndOfGeneration: boolean;
  /** Tokens that the repetition penalty counts from the start; the sampled ones are added by the sampler. */
  readonly penaltyHistory: readonly number[];
  /** Locally typical sampling; 1, or nothing, keeps all. */
  readonly typicalP?: number | undefined;
  /** `history` counts as said already: the prompt. */
  readonly dry?: (DryParams & { readonly history: readonly number[] }) | undefined;
  readonly xtc?: XtcParams | undefined;
  /** Replaces all truncation. The temperature must be above 0. */
  readonly mirostat?: MirostatParams | undefined;
  readonly watermark?: Watermark | undefined;
  /** Log probabilities of the sampled token and of so many of the likeliest; undefined for none. */
  readonly logprobs?: number | undefined;
  /** Only what it allows is sampled; once it allows nothing more, the end of generation is, even where that is banned. */
  readonly grammar?: Grammar | undefined;
};

/** What an output may look like, compiled by the engine that samples with it. Any number of requests may share one. */
export type Grammar = { readonly gbnf: string };

/** The sampling state of one request: random generator, penalty counts. */
export type Sampler = {
  /** Lifts the ban on end-of-generation tokens. `outputTokens` are those sampled so far, in order. */
  allowEndOfGeneration(outputTokens: readonly number[]): void;
  /**
   * The next samples are these tokens, whatever would be sampled: with their own logprobs where those were asked for, and
   * counted by penalties. A grammar goes on behind them. `outputTokens` are those sampled so far, in order.
   */
  force(tokens: readonly number[], outputTokens: readonly number[]): void;
};

/** Weights that change what the model says (LoRA), loaded into the engine that made it. */
export type Adapter = { readonly name: string };

/** A GGUF file of an adapter, and how strongly it is to count; 1 is as it was trained. */
export type AdapterFile = { readonly path: string; readonly name: string; readonly scale: number };

/** Of the model's own distribution, before temperature, penalties, bias and truncation. Natural logarithms, likeliest first. */
export type TokenLogprobs = {
  readonly tokenId: number;
  readonly logprob: number;
  readonly top: readonly { readonly tokenId: number; readonly logprob: number }[];
};

export type DecodeItem = {
  readonly slot: number;
  /** The position of `token` in the sequence: the number of tokens the slot holds already. */
  readonly position: number;
  readonly token: number;
  readonly sampler: Sampler;
};

export type PrefillChunk = {
  readonly slot: number;
  /** The position of the first token: the number of tokens the slot holds already. */
  readonly position: number;
  readonly tokens: Uint32Array;
  /** Set on the last chunk of a prompt, whose last logits then give the first output token. */
  readonly sampler: Sampler | undefined;
  readonly logprobs?: PromptLogprobsWanted | undefined;
};

/**
 * How likely the model finds the prompt. `followers` are the tokens after each of the chunk's, so one fewer at a prompt's
 * end. Each keeps a whole vocabulary of logits until the step ends, so a chunk may have PROMPT_LOGPROBS_TOKENS_MAX.
 */
export type PromptLogprobsWanted = { readonly followers: Uint32Array; readonly top: number };

export const PROMPT_LOGPROBS_TOKENS_MAX = 64;

export type StepResult = {
  /** One per item, in the order given; NO_TOKEN where nothing was sampled. */
  readonly tokens: readonly number[];
  /** Where a sampler was asked for them; one per item, too. */
  readonly logprobs?: readonly (TokenLogprobs | undefined)[];
  /** Where a chunk asked for them; one list per chunk, of its `followers`. */
  readonly promptLogprobs?: readonly (readonly TokenLogprobs[] | undefined)[];
  /** Where a sampler failed: what it failed of. One per item, too; such an item has NO_TOKEN. */
  readonly failures?: readonly unknown[];
  readonly forwardMs: number;
  readonly sampleMs: number;
};

/** A decode item with a guess of how it goes on. */
export type DraftItem = DecodeItem & { readonly draft: readonly number[] };

export type VerifyResult = {
  /** For each item the tokens that were sampled: as many of the guess as it confirms, and one more. */
  readonly tokens: readonly (readonly number[])[];
  /** As of a step: such an item has NO_TOKEN alone. */
  readonly failures?: readonly unknown[];
  readonly forwardMs: number;
  readonly sampleMs: number;
};

export const NO_TOKEN = -1;

/**
 * One context of one model. Calls must not overlap: await each step before the next call of any method.
 * Items must come in ascending slot order; contiguous slots are fastest. A rejected step leaves the listed slots in an
 * unknown state, which `clear` repairs, and all other slots untouched.
 */
export type Engine = {
  readonly slots: number;
  /** Tokens one slot can hold. */
  readonly contextTokens: number;
  /** Tokens one step can take in all. */
  readonly batchTokens: number;
  decode(items: readonly DecodeItem[]): Promise<StepResult>;
  prefill(chunks: readonly PrefillChunk[]): Promise<StepResult>;
  /**
   * Decodes items together with guesses of equal length, and samples as long as a guess holds. Gives no logprobs. Each slot then holds its
   * whole guess; `trim` takes back what was not confirmed.
   */
  verify(items: readonly DraftItem[]): Promise<VerifyResult>;
  /** Empties a slot. */
  clear(slot: number): void;
  /** Keeps the first `length` tokens of a slot. False where the model cannot forget a part: the slot is empty then. */
  trim(slot: number, length: number): boolean;
  /** Makes `to` hold what `from` holds, whatever it held before. The copy is made by the next step; it takes as long for one token as for many. */
  copy(from: number, to: number): Promise<void>;
  /** Moves a sequence into an empty slot and empties the old one. */
  move(from: number, to: number): Promise<void>;
  /**
   * Writes what a slot holds to a file that `load` reads, and answers its size in bytes. The slot must hold exactly `ids`,
   * and no copy into it may be waiting for its step.
   */
  save(slot: number, path: string, ids: Uint32Array): Promise<number>;
  /**
   * Makes a slot hold what a file of this engine holds, at once: no copy into it or from it may be waiting for its step.
   * Rejects when the file cannot be read; the slot is in no known state then.
   */
  load(path: string, slot: number): Promise<void>;
  /** The adapter that the next steps compute with; undefined is the model itself. Costs nothing when it stays the same. */
  useAdapter(adapter: Adapter | undefined): void;
  /** May be called at any time, also during a step. Rejects with a Fault when the file does not fit; nothing has changed then. */
  loadAdapter(file: AdapterFile): Promise<Adapter>;
  /** Frees what an adapter holds. May be called at any time, but nothing may use the adapter any more. */
  unloadAdapter(adapter: Adapter): Promise<void>;
  /** Compiles GBNF whose rule `root` is the whole output. Rejects with a Fault that says what is wrong with it. */
  compileGrammar(gbnf: string): Promise<Grammar>;
  acquireSampler(params: SamplerParams): Sampler;
  /** Gives a sampler back for another request. */
  releaseSampler(sampler: Sampler): void;
  close(): Promise<void>;
};
