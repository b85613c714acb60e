import type { TokenSink } from '../inference/attempt.ts';
import type { GenerationResult } from '../inference/generation-result.ts';

/** What turns tokens into an HTTP answer. */
export type Responder = TokenSink & {
  /** Called once, when nothing more will come and all accounting is done. */
  end(result: GenerationResult): void;
};
