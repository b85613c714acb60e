import type { TokenSink } from '../inference/token-sink.ts';
import type { GenerationResult } from '../inference/generation-result.ts';

/** What turns tokens into an HTTP answer. `queued` also tells of the wait for a limit. */
export type Responder = TokenSink & {
  /** Called once, when nothing more will come and all accounting is done. */
  end(result: GenerationResult): void;
};
