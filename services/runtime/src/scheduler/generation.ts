import type { Fault } from '@sluice/platform/fault';
import type { SamplerParams } from '../engine/engine.ts';

/** What a caller asks of the scheduler: token ids in, events out. */
export type GenerationRequest = {
  readonly prompt: Uint32Array;
  readonly sampling: SamplerParams;
  /** Output tokens at most; undefined means what the context holds. */
  readonly maxTokens: number | undefined;
  /** Prompt and output together at most: what the caller's quota still pays for. Undefined means no such bound. */
  readonly totalTokensMax: number | undefined;
  readonly minTokens: number;
  readonly stopTokenIds: ReadonlySet<number>;
  readonly ignoreEos: boolean;
  /** Larger goes first, and every second of waiting counts as one more. */
  readonly priority: number;
  readonly queueTimeoutMs: number;
  readonly text: TextSink;
  readonly outlet: Outlet;
};

/** Turns output tokens into text; `match` ends the generation. */
export type TextSink = {
  push(token: number): { readonly text: string; readonly match: string | undefined };
  flush(): { readonly text: string; readonly match: string | undefined };
};

/** Where a generation's events go. `emit` must not block or throw; `flush` is called once after each step that emitted. */
export type Outlet = {
  emit(event: GenerationEvent): void;
  flush(step: number): void;
};

export type GenerationEvent =
  | { readonly kind: 'started'; readonly promptTokens: number; readonly slot: number }
  | { readonly kind: 'delta'; readonly text: string; readonly tokenIds: readonly number[] }
  | ({ readonly kind: 'finished'; readonly reason: FinishReason; readonly stopMatch: string } & Outcome)
  | ({ readonly kind: 'failed'; readonly fault: Fault } & Outcome);

export type FinishReason = 'EOS' | 'LENGTH' | 'STOP_STRING' | 'STOP_TOKEN' | 'CANCELLED' | 'CONTEXT_FULL';

export type Outcome = { readonly usage: Usage; readonly timings: Timings; readonly seed: number };

export type Usage = { readonly promptTokens: number; readonly cachedTokens: number; readonly completionTokens: number };

/** All from the scheduler's own clock; undefined where the generation did not get that far. */
export type Timings = {
  readonly queuedMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly firstTokenMs: number | undefined;
};
