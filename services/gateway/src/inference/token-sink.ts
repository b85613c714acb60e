import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { StopReason } from './stop-reason.ts';

/** Where tokens go as they come. `index`: which of several answers they belong to. */
export type TokenSink = {
  /** The request waits for a slot; `position` requests go first. */
  queued(position: number): void;
  /** A worker works on it. `profile` filled in what the request left unset; empty when none did. */
  started(profile: string): void;
  delta(text: string, index: number): void;
  /** What has more to it than its text: reasoning, tool calls, log probabilities, or that it is the prompt's own. */
  detailed(text: string, index: number, details: DeltaDetails__Output): void;
  /** One answer of several is complete. */
  choiceEnd(index: number, reason: StopReason): void;
  /** After the last delta of those that arrived together. */
  flush(): void;
};
