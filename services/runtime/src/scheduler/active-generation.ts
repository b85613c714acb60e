import { Fault } from '@sluice/platform/fault';
import { NO_TOKEN, type DecodeItem, type PrefillChunk, type Sampler } from '../engine/engine.ts';
import type { FinishReason, GenerationRequest, Outcome, Timings } from './generation.ts';

export type Stamps = { readonly submittedMs: number; admittedMs: number | undefined; firstTokenMs: number | undefined };

/** What became of an accepted token. */
type Verdict = { readonly reason: FinishReason; readonly stopMatch: string } | undefined;

/** One generation that holds a slot: its prompt position, its output, its end. Knows nothing of the other slots. */
export class ActiveGeneration {
  readonly request: GenerationRequest;
  readonly sampler: Sampler;
  slot: number;
  isCancelled = false;
  readonly #outputMax: number;
  /** Why the output ends at its maximum. */
  readonly #endOfOutput: 'LENGTH' | 'CONTEXT_FULL';
  readonly #stamps: Stamps;
  readonly #output: number[] = [];
  #prefilled = 0;
  #unsentTokens: number[] = [];

  constructor(request: GenerationRequest, place: { slot: number; sampler: Sampler; contextTokens: number; stamps: Stamps }) {
    this.request = request;
    this.sampler = place.sampler;
    this.slot = place.slot;
    this.#stamps = place.stamps;
    const { prompt, maxTokens = Number.POSITIVE_INFINITY, totalTokensMax = Number.POSITIVE_INFINITY } = request;
    const asked = Math.min(maxTokens, totalTokensMax - prompt.length);
    const held = place.contextTokens - prompt.length;
    this.#outputMax = Math.min(asked, held);
    this.#endOfOutput = asked <= held ? 'LENGTH' : 'CONTEXT_FULL';
  }

  get isPrefilling(): boolean {
    return this.#prefilled < this.request.prompt.length;
  }

  get promptTokensLeft(): number {
    return this.request.prompt.length - this.#prefilled;
  }

  /** Tokens in the slot's KV cache: the last output token is not there until it is decoded. */
  get cachedLength(): number {
    return this.#prefilled + Math.max(0, this.#output.length - 1);
  }

  /** The next piece of the prompt, `tokens` long at most. */
  nextChunk(tokens: number): PrefillChunk {
    const end = Math.min(this.#prefilled + tokens, this.request.prompt.length);
    const isLast = end === this.request.prompt.length;
    return {
      slot: this.slot,
      position: this.#prefilled,
      tokens: this.request.prompt.subarray(this.#prefilled, end),
      sampler: isLast ? this.sampler : undefined,
    };
  }

  decodeItem(): DecodeItem {
    const token = this.#output.at(-1);
    if (token === undefined) throw new Error('a generation without output has nothing to decode');
    return { slot: this.slot, position: this.cachedLength, token, sampler: this.sampler };
  }

  prefilled(tokens: number): void {
    this.#prefilled += tokens;
  }

  /** Takes a sampled token, emits its text, and says whether it was the last. Throws a Fault when there was no token. */
  accept(token: number, options: { isEndOfGeneration: boolean; nowMs: number }): Verdict {
    if (token === NO_TOKEN)
      throw new Fault('INTERNAL', { message: 'The model found no token to continue with.', internal: 'sampleToken returned -1' });
    this.#stamps.firstTokenMs ??= options.nowMs;
    this.#output.push(token);
    const verdict = this.#judge(token, options.isEndOfGeneration);
    if (!verdict && this.#output.length === this.request.minTokens && !this.request.ignoreEos) {
      this.sampler.allowEndOfGeneration(this.#output);
    }
    return verdict;
  }

  /** Emits what the text still holds back. */
  flushText(): void {
    this.#emitText(this.request.text.flush().text, true);
  }

  outcome(nowMs: number): Outcome {
    return {
      usage: { promptTokens: this.request.prompt.length, cachedTokens: 0, completionTokens: this.#output.length },
      timings: timingsAt(this.#stamps, nowMs),
      seed: this.request.sampling.seed,
    };
  }

  #judge(token: number, isEndOfGeneration: boolean): Verdict {
    if (isEndOfGeneration && !this.request.ignoreEos) return { reason: 'EOS', stopMatch: '' };
    if (this.request.stopTokenIds.has(token) && this.#output.length > this.request.minTokens)
      return { reason: 'STOP_TOKEN', stopMatch: '' };
    this.#unsentTokens.push(token);
    const { text, match } = this.request.text.push(token);
    this.#emitText(text, match !== undefined);
    if (match !== undefined) return { reason: 'STOP_STRING', stopMatch: match };
    return this.#output.length < this.#outputMax ? undefined : { reason: this.#endOfOutput, stopMatch: '' };
  }

  /** Tokens without text of their own travel with the next text, or at the end. */
  #emitText(text: string, isLast: boolean): void {
    if (text === '' && !(isLast && this.#unsentTokens.length > 0)) return;
    this.request.outlet.emit({ kind: 'delta', text, tokenIds: this.#unsentTokens });
    this.#unsentTokens = [];
  }
}

export function timingsAt(stamps: Stamps, nowMs: number): Timings {
  const { submittedMs, admittedMs, firstTokenMs } = stamps;
  return {
    queuedMs: (admittedMs ?? nowMs) - submittedMs,
    prefillMs: admittedMs === undefined ? 0 : (firstTokenMs ?? nowMs) - admittedMs,
    decodeMs: firstTokenMs === undefined ? 0 : nowMs - firstTokenMs,
    firstTokenMs: firstTokenMs === undefined ? undefined : firstTokenMs - submittedMs,
  };
}
