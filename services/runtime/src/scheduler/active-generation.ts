import {
  NO_TOKEN,
  PROMPT_LOGPROBS_TOKENS_MAX,
  type Adapter,
  type DecodeItem,
  type PrefillChunk,
  type Sampler,
  type TokenLogprobs,
} from '../engine/engine.ts';
import { deadEnd } from './dead-end.ts';
import { engineFault } from './engine-fault.ts';
import type { FinishReason, GenerationRequest, Outcome } from './generation.ts';
import { GenerationDeltas } from './generation-deltas.ts';
import type { SequenceTokens } from './sequence-tokens.ts';
import { timingsAt, type Stamps } from './stamps.ts';

/** What became of an accepted token. */
type Verdict = { readonly reason: FinishReason; readonly stopMatch: string } | undefined;

type Accepted = {
  readonly isEndOfGeneration: boolean;
  readonly nowMs: number;
  readonly logprobs?: TokenLogprobs | undefined;
  /** Why nothing was sampled. */
  readonly failure?: unknown;
};

/** One generation that has been admitted: what it has read, its output, its end. Knows nothing of the other slots. */
export class ActiveGeneration {
  readonly request: GenerationRequest;
  readonly sampler: Sampler;
  /** Meaningless until it has been placed. */
  slot = -1;
  isCancelled = false;
  /** How often it lost its slot to a more urgent one. */
  preemptions = 0;
  readonly #outputMax: number;
  /** Why the output ends at its maximum. */
  readonly #endOfOutput: 'LENGTH' | 'CONTEXT_FULL';
  readonly #stamps: Stamps;
  readonly #output: number[] = [];
  readonly #deltas: GenerationDeltas;
  /** What the KV cache must hold before the next token can be sampled: the prompt, and after a preemption the output, too. */
  #toRead: Uint32Array;
  #readLength = 0;
  #hasBegun = false;
  /** What its slot knew when it began. */
  #beganAt = 0;
  /** Of the prompt, found in a cache when it was first begun. */
  #cachedTokens: number | undefined;
  /** Tokens that the sampler will give because the text forced them. */
  #forcedLeft = 0;
  #draftTokens = 0;
  #acceptedDraftTokens = 0;

  constructor(request: GenerationRequest, parts: { sampler: Sampler; contextTokens: number; stamps: Stamps }) {
    this.request = request;
    this.sampler = parts.sampler;
    this.#stamps = parts.stamps;
    this.#deltas = new GenerationDeltas(request);
    this.#toRead = request.prompt;
    const { prompt, maxTokens = Number.POSITIVE_INFINITY, totalTokensMax = Number.POSITIVE_INFINITY } = request;
    const asked = Math.min(maxTokens, totalTokensMax - prompt.length);
    const room = parts.contextTokens - prompt.length;
    this.#outputMax = Math.min(asked, room);
    this.#endOfOutput = asked <= room ? 'LENGTH' : 'CONTEXT_FULL';
  }

  get adapter(): Adapter | undefined {
    return this.request.adapter;
  }

  get toRead(): Uint32Array {
    return this.#toRead;
  }

  get readLength(): number {
    return this.#readLength;
  }

  /** Whether its slot holds its own tokens by now, and no others. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether nothing was read for it yet. */
  get isUntouched(): boolean {
    return this.#readLength === this.#beganAt;
  }

  get isReading(): boolean {
    return this.#readLength < this.#toRead.length;
  }

  get tokensLeftToRead(): number {
    return this.#toRead.length - this.#readLength;
  }

  get output(): readonly number[] {
    return this.#output;
  }

  /** Output tokens until its end, or until the sampler has to be told something: it cannot take back what it sampled behind that. */
  get freeTokensLeft(): number {
    const { minTokens, text } = this.request;
    const end = this.#output.length < minTokens ? Math.min(minTokens, this.#outputMax) : this.#outputMax;
    return Math.min(end - this.#output.length, text.tokensUntilForced ?? Infinity);
  }

  /** False while it must say something else than what is sampled, and where each token is to be told apart. */
  get isSpeculable(): boolean {
    return this.#forcedLeft === 0 && this.request.sampling.logprobs === undefined;
  }

  countDraft(tokens: number): void {
    this.#draftTokens += tokens;
  }

  /** One of them is about to become output. */
  countConfirmed(): void {
    this.#acceptedDraftTokens++;
  }

  /** Tokens in the slot's KV cache: the last output token is not there until it is decoded. */
  get cachedLength(): number {
    return this.isReading ? this.#readLength : this.request.prompt.length + Math.max(0, this.#output.length - 1);
  }

  /** What its slot's KV cache holds. */
  held(): SequenceTokens {
    const ids = this.isReading ? this.#toRead.slice(0, this.#readLength) : this.#sequence();
    return { ids, adapter: this.adapter, digests: this.isReading ? [] : (this.request.prefixDigests ?? []) };
  }

  /** Its slot holds the first `length` tokens of what it must read, and nothing else. */
  begin(length: number): void {
    this.#hasBegun = true;
    this.#readLength = length;
    this.#beganAt = length;
    this.#cachedTokens ??= length;
  }

  /** It loses its slot, but none of its tokens; in its next one it reads its output, too. */
  suspend(): void {
    if (!this.isReading) this.#toRead = this.#sequence();
    this.#readLength = 0;
    this.#deltas.forgetPrompt();
    this.#hasBegun = false;
    this.slot = -1;
    this.preemptions++;
  }

  /** Every token of the prompt must be computed here, since its log probability is wanted. */
  get readsAll(): boolean {
    return this.#deltas.promptLogprobsWanted !== undefined;
  }

  /** How many tokens it reads in one step, `tokensMax` at most. */
  chunkLength(tokensMax: number): number {
    return Math.min(tokensMax, this.tokensLeftToRead, this.readsAll ? PROMPT_LOGPROBS_TOKENS_MAX : Infinity);
  }

  /** The next piece to read. */
  nextChunk(tokens: number): PrefillChunk {
    const start = this.#readLength;
    const end = start + tokens;
    const top = this.#deltas.promptLogprobsWanted;
    return {
      slot: this.slot,
      position: start,
      tokens: this.#toRead.subarray(start, end),
      // One that was preempted has sampled its next token already, and one that only echoes samples none.
      sampler: end === this.#toRead.length && this.#output.length === 0 && this.#outputMax > 0 ? this.sampler : undefined,
      ...(top === undefined ? undefined : { logprobs: { followers: this.#toRead.subarray(start + 1, end + 1), top } }),
    };
  }

  /** Its slot holds nothing of it any more; it reads again what it has read and said. */
  reread(): void {
    this.#toRead = this.#sequence();
    this.begin(0);
  }

  /** It has read so many tokens more. */
  read(tokens: number, promptLogprobs: readonly TokenLogprobs[] = []): 'reading' | 'sampled' | 'resumed' | 'over' {
    this.#readLength += tokens;
    this.#deltas.addPrompt(promptLogprobs);
    if (this.isReading) return 'reading';
    this.#deltas.echo();
    if (this.#outputMax <= 0) return 'over';
    return this.#output.length === 0 ? 'sampled' : 'resumed';
  }

  decodeItem(): DecodeItem {
    const token = this.#output.at(-1);
    if (token === undefined) throw new Error('a generation without output has nothing to decode');
    return { slot: this.slot, position: this.cachedLength, token, sampler: this.sampler };
  }

  /** Takes a sampled token, emits its text, and says whether it was the last. Throws a Fault when there was no token. */
  accept(sampled: number, { isEndOfGeneration, nowMs, logprobs, failure }: Accepted): Verdict {
    if (sampled === NO_TOKEN && failure !== undefined) throw engineFault(failure);
    if (sampled === NO_TOKEN) throw deadEnd(this.request);
    const isForced = this.#forcedLeft > 0;
    if (isForced) this.#forcedLeft--;
    this.#stamps.firstTokenMs ??= nowMs;
    // A token that nothing pays for is not the caller's, although it has been sampled.
    if (this.request.allowance?.take() === false) return { reason: 'LENGTH', stopMatch: '' };
    this.#output.push(sampled);
    const verdict = this.#judge(sampled, { isEndOfGeneration: isEndOfGeneration && !isForced, logprobs });
    if (!verdict && this.#output.length === this.request.minTokens && !this.request.ignoreEos) {
      this.sampler.allowEndOfGeneration(this.#output);
    }
    return verdict;
  }

  /** Emits what the text still holds back. */
  flushText(): void {
    this.#deltas.send(this.request.text.flush(), true);
  }

  /** How it ended: a model that stops after calling tools waits for what they answer, and a form that is cut is no longer one. */
  reasonOf(reason: FinishReason): FinishReason {
    if (this.request.form?.isLostByStops && (reason === 'STOP_STRING' || reason === 'STOP_TOKEN')) return 'LENGTH';
    return this.#deltas.hasCalledTools && (reason === 'EOS' || reason === 'STOP_TOKEN') ? 'TOOL_CALLS' : reason;
  }

  outcome(nowMs: number): Outcome {
    return {
      usage: {
        promptTokens: this.request.prompt.length,
        cachedTokens: this.#cachedTokens ?? 0,
        completionTokens: this.#output.length,
        ...(this.#draftTokens > 0 ? { draftTokens: this.#draftTokens, acceptedDraftTokens: this.#acceptedDraftTokens } : undefined),
        ...(this.request.text.reasoningTokens ? { reasoningTokens: this.request.text.reasoningTokens } : undefined),
      },
      timings: timingsAt(this.#stamps, nowMs),
      seed: this.request.sampling.seed,
    };
  }

  #judge(token: number, { isEndOfGeneration, logprobs }: Pick<Accepted, 'isEndOfGeneration' | 'logprobs'>): Verdict {
    const { request } = this;
    if (isEndOfGeneration && !request.ignoreEos) return { reason: 'EOS', stopMatch: '' };
    if (request.stopTokenIds.has(token) && this.#output.length > request.minTokens) return { reason: 'STOP_TOKEN', stopMatch: '' };
    this.#deltas.add(token, logprobs);
    const piece = request.text.push(token);
    if (piece.forcedTokens) this.#force(piece.forcedTokens);
    this.#deltas.send(piece, piece.match !== undefined);
    if (piece.match !== undefined) return { reason: 'STOP_STRING', stopMatch: piece.match };
    if (piece.isComplete) return { reason: 'EOS', stopMatch: '' };
    return this.#output.length < this.#outputMax ? undefined : { reason: this.#endOfOutput, stopMatch: '' };
  }

  #force(tokens: readonly number[]): void {
    this.#forcedLeft += tokens.length;
    this.sampler.force(tokens, this.#output);
  }

  /** The prompt and all output but the last token, which has not been decoded yet. */
  #sequence(): Uint32Array {
    const { prompt } = this.request;
    const said = Math.max(0, this.#output.length - 1);
    const ids = new Uint32Array(prompt.length + said);
    ids.set(prompt);
    for (let i = 0; i < said; i++) ids[prompt.length + i] = this.#output[i] ?? 0;
    return ids;
  }
}
