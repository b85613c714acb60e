import type { TokenSink } from '../inference/attempt.ts';
import type { GenerationResult } from '../inference/generation-result.ts';

/** What turns tokens into an HTTP answer. */
export type Responder = TokenSink & {
  /** The request waits for a limit; `position` requests go first. */
  queued(position: number): void;
  /** Called once, when nothing more will come and all accounting is done. */
  end(result: GenerationResult): void;
};
