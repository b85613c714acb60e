import type { Fault } from '@sluice/platform/fault';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { Finished__Output } from '@sluice/proto/v1/Finished';
import type { FinishReason__Output } from '@sluice/proto/v1/FinishReason';
import type { TokenUsage } from './token-usage.ts';

/** What a worker says about one request, in the order it says it. `finished` or `failed` comes once and last. */
export type GenerationEvents = {
  /** So many requests go before it. */
  queued(position: number): void;
  /** It has a slot, and its prompt has this many tokens. `profile` filled in what the request left unset; empty when none did. */
  started(promptTokens: number, profile: string): void;
  delta(text: string, index: number, tokens: number): void;
  /** A delta with more to it than its text. */
  detailed(delta: DetailedDelta): void;
  /** One answer of several is complete. */
  choiceEnd(index: number, reason: FinishReason__Output): void;
  /** After the last delta of a frame, so that tokens that arrived together leave together. */
  flush(): void;
  finished(finished: Finished__Output): void;
  failed(fault: Fault, usage: TokenUsage | undefined): void;
};

export type DetailedDelta = {
  readonly text: string;
  readonly index: number;
  readonly tokens: number;
  readonly details: DeltaDetails__Output;
};
