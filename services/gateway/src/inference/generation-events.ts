import type { Fault } from '@sluice/platform/fault';
import type { Finished__Output } from '@sluice/proto/v1/Finished';
import type { TokenUsage } from './token-usage.ts';

/** What a worker says about one request, in the order it says it. `finished` or `failed` comes once and last. */
export type GenerationEvents = {
  /** It has a slot, and its prompt has this many tokens. */
  started(promptTokens: number): void;
  delta(text: string, tokens: number): void;
  /** After the last delta of a frame, so that tokens that arrived together leave together. */
  flush(): void;
  finished(finished: Finished__Output): void;
  failed(fault: Fault, usage: TokenUsage | undefined): void;
};
