import type { Fault } from '@sluice/platform/fault';
import type { StopReason } from './stop-reason.ts';
import type { TokenUsage } from './token-usage.ts';

/** Nobody got an answer. */
export type Unanswered =
  | { readonly kind: 'failed'; readonly fault: Fault }
  /** Whoever asked has left; nobody is there to be answered. */
  | { readonly kind: 'cancelled' };

export type GenerationEnd =
  | Unanswered
  /** In one piece, which nothing could have cut short. */
  | { readonly kind: 'answered' }
  /** `profile`: the one that filled in what the request left unset; empty when none did. */
  | { readonly kind: 'finished'; readonly reason: StopReason; readonly profile: string };

/** What became of one generation, over all the workers that were tried. */
export type GenerationResult = {
  readonly end: GenerationEnd;
  readonly usage: TokenUsage;
  /** The worker that was tried last. */
  readonly worker: string | undefined;
  /** Workers that were tried, at least 1 once one was chosen. */
  readonly tries: number;
  /** How long it waited for a slot, by the worker's clock. */
  readonly queuedMs: number | undefined;
};
