import { status } from '@grpc/grpc-js';
import type { SessionStream } from '@sluice/proto/runtime-server';
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
  start(promptTokens: number): void;
  /** One token; those sent in one tick travel in one frame. The last one that the request allows ends the run with LENGTH. */
  token(text: string): void;
  finish(reason?: FinishReason): void;
  fail(code: string, message: string, param?: string): void;
  /** Ends the whole session with an error, as a crash of the worker does. */
  crash(): void;
};

type SessionOptions = {
  readonly script: Script;
  readonly onStart: (requestId: string) => void;
  readonly onCancel: (requestId: string) => void;
  readonly onEnd: (requestId: string, completionTokens: number) => void;
};

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
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
    const maxTokens = request.stopping?.maxTokens ?? Number.POSITIVE_INFINITY;
    const totalTokensMax = request.stopping?.totalTokensMax ?? Number.POSITIVE_INFINITY;
    const over = new AbortController();
    const end = (event: GenerateEvent): void => {
      if (!this.#cancels.delete(rid)) return;
      onEnd(requestId, usage.completionTokens);
      this.#emit({ rid, ...event });
      over.abort();
    };
    const run: ScriptedRun = {
      signal: over.signal,
      ignoresCancel: false,
      start: (promptTokens) => {
        if (promptTokens >= totalTokensMax) return end({ failure: OUT_OF_QUOTA });
        usage.promptTokens = promptTokens;
        this.#emit({ rid, started: { promptTokens, slot: 0 } });
      },
      token: (text) => {
        if (!this.#cancels.has(rid)) return;
        usage.completionTokens += 1;
        this.#emit({ rid, delta: { text, tokenIds: [usage.completionTokens] } });
        if (usage.completionTokens >= Math.min(maxTokens, totalTokensMax - usage.promptTokens)) run.finish('LENGTH');
      },
      finish: (reason = 'EOS') =>
        end({ finished: { reason, usage, timings: { queuedUs: 1_000, prefillUs: 2_000, decodeUs: 3_000, firstTokenUs: 3_000 } } }),
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
