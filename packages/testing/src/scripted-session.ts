import { status } from '@grpc/grpc-js';
import type { SessionStream } from '@sluice/proto/runtime-server';
import type { DeltaDetails } from '@sluice/proto/v1/DeltaDetails';
import type { Finished } from '@sluice/proto/v1/Finished';
import type { FinishReason } from '@sluice/proto/v1/FinishReason';
import type { GenerateEvent } from '@sluice/proto/v1/GenerateEvent';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';

/** Answers one request by calling the run's methods, now or later. */
export type Script = (request: GenerateRequest__Output, run: ScriptedRun) => void | Promise<void>;

export type ScriptedRun = {
  /** Aborted when the client cancels, and when the run is over. A cancelled run ends itself with CANCELLED, unless `ignoresCancel` is set. */
  readonly signal: AbortSignal;
  ignoresCancel: boolean;
  /** Ends the run with INSUFFICIENT_QUOTA when the request's total leaves no room for a token after this prompt. */
  start(promptTokens: number, profile?: string): void;
  /** So many requests go before this one. */
  queued(position: number): void;
  /** One token of the answer of that index, 0 where none is named; those sent in one tick travel in one frame. The last one that the request allows ends its answer, or the run, with LENGTH. */
  token(text: string, index?: number): void;
  /** A delta with details; an answer that has ended is not heard any more. */
  piece(piece: ScriptedPiece): void;
  /** Ends one answer of several; the last one ends the run. */
  endChoice(index: number, reason?: FinishReason): void;
  /** Ends the run, and first those of several answers that have not ended. */
  finish(reason?: FinishReason, change?: Partial<Finished>): void;
  fail(code: string, message: string, param?: string): void;
  /** Ends the whole session with an error, as a crash of the worker does. */
  crash(): void;
};

export type ScriptedPiece = DeltaDetails & {
  readonly text?: string;
  readonly index?: number;
  /** Generated tokens that it holds, one unless it says otherwise; of an echoed prompt none. */
  readonly tokens?: number;
};

type SessionOptions = {
  readonly script: Script;
  readonly onStart: (requestId: string) => void;
  readonly onCancel: (requestId: string) => void;
  readonly onEnd: (requestId: string, completionTokens: number) => void;
};

type Said = { readonly text: string; readonly index: number; readonly tokens: number; readonly details?: DeltaDetails };

const NO_DETAILS: DeltaDetails = { reasoning: '', toolCalls: [], logprobs: [], isEcho: false };
const TIMINGS = { queuedUs: 1_000, prefillUs: 2_000, decodeUs: 3_000, firstTokenUs: 3_000 };

const OUT_OF_QUOTA = {
  code: 'INSUFFICIENT_QUOTA',
  message: 'You exceeded your current quota, please check your plan and billing details.',
};

/** One session of a scripted worker: its running requests, and one frame a tick with all their events. */
export class ScriptedSession {
  readonly #stream: SessionStream;
  readonly #cancels = new Map<number, () => void>();
  #events: GenerateEvent[] = [];
  #step = 0;

  constructor(stream: SessionStream, options: SessionOptions) {
    this.#stream = stream;
    stream.on('data', (frame) => {
      for (const request of frame.starts) this.#run(request, options);
      for (const { rid } of frame.cancels) this.#cancels.get(rid)?.();
    });
    stream.on('end', () => stream.end());
    stream.on('error', () => {});
    stream.on('close', () => {
      for (const cancel of this.#cancels.values()) cancel();
    });
  }

  get running(): number {
    return this.#cancels.size;
  }

  cut(): void {
    // This is how grpc-js is told to end a call with a status.
    this.#stream.emit('error', { code: status.UNAVAILABLE, details: 'the scripted worker was cut' });
  }

  #run(request: GenerateRequest__Output, { script, onStart, onCancel, onEnd }: SessionOptions): void {
    const { rid, requestId } = request;
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };
    const choices = Array.from({ length: Math.max(1, request.n) }, () => ({ tokens: 0, hasEnded: false }));
    const maxTokens = request.stopping?.maxTokens ?? Number.POSITIVE_INFINITY;
    const totalTokensMax = request.stopping?.totalTokensMax ?? Number.POSITIVE_INFINITY;
    const over = new AbortController();
    const end = (event: GenerateEvent): void => {
      if (!this.#cancels.delete(rid)) return;
      onEnd(requestId, usage.completionTokens);
      this.#emit({ rid, ...event });
      over.abort();
    };
    const say = ({ text, index, tokens, details }: Said): void => {
      const choice = choices[index];
      if (!choice || choice.hasEnded || !this.#cancels.has(rid)) return;
      choice.tokens += tokens;
      usage.completionTokens += tokens;
      if (details?.reasoning) usage.reasoningTokens += tokens;
      const last = usage.completionTokens;
      const tokenIds = tokens === 1 ? [last] : Array.from({ length: tokens }, (_, i) => last - tokens + 1 + i);
      this.#emit({ rid, delta: details ? { text, index, tokenIds, details } : { text, index, tokenIds } });
      if (usage.completionTokens >= totalTokensMax - usage.promptTokens) run.finish('LENGTH');
      else if (choice.tokens >= maxTokens) run.endChoice(index, 'LENGTH');
    };
    const run: ScriptedRun = {
      signal: over.signal,
      ignoresCancel: false,
      start: (promptTokens, profile = '') => {
        if (promptTokens >= totalTokensMax) return end({ failure: OUT_OF_QUOTA });
        usage.promptTokens = promptTokens;
        this.#emit({ rid, started: { promptTokens, slot: 0, profile } });
      },
      queued: (position) => this.#emit({ rid, queued: { position } }),
      token: (text, index = 0) => say({ text, index, tokens: 1 }),
      piece: ({ text = '', index = 0, tokens, ...details }) =>
        say({ text, index, tokens: tokens ?? (details.isEcho ? 0 : 1), details: { ...NO_DETAILS, ...details } }),
      endChoice: (index, reason = 'EOS') => {
        const choice = choices[index];
        if (!choice || choice.hasEnded || !this.#cancels.has(rid)) return;
        if (choices.every((each) => each === choice || each.hasEnded)) return run.finish(reason);
        choice.hasEnded = true;
        this.#emit({ rid, choiceEnd: { index, reason } });
      },
      finish: (reason = 'EOS', change = {}) => {
        if (!this.#cancels.has(rid)) return;
        if (choices.length > 1)
          for (const [index, { hasEnded }] of choices.entries()) if (!hasEnded) this.#emit({ rid, choiceEnd: { index, reason } });
        end({ finished: { reason, usage, timings: TIMINGS, ...change } });
      },
      fail: (code, message, param = '') => end({ failure: { code, message, param, usage } }),
      crash: () => this.cut(),
    };
    this.#cancels.set(rid, () => {
      onCancel(requestId);
      over.abort();
      if (!run.ignoresCancel) run.finish('CANCELLED');
    });
    onStart(requestId);
    void script(request, run);
  }

  #emit(event: GenerateEvent): void {
    if (this.#events.push(event) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const events = this.#events;
    this.#events = [];
    if (!this.#stream.destroyed) this.#stream.write({ step: ++this.#step, events });
  }
}
