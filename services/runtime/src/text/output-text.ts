import { StopMatcher, type Stopping, type StopResult } from './stop-matcher.ts';
import type { TokenBytes } from './token-bytes.ts';

/** One request's way from tokens to text: whole characters only, ended by the first stop string. */
export class OutputText {
  readonly #bytes: TokenBytes;
  // Invalid UTF-8 from a model becomes U+FFFD, as everywhere on the web; an unfinished character waits for its rest.
  readonly #decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  readonly #stops: StopMatcher;

  constructor(bytes: TokenBytes, { stop, includeStop, minTokens }: Stopping) {
    this.#bytes = bytes;
    this.#stops = new StopMatcher(stop, includeStop, minTokens);
  }

  push(token: number): StopResult {
    this.#stops.countToken();
    const bytes = this.#bytes[token];
    if (!bytes || bytes.length === 0) return NOTHING;
    return this.#stops.push(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The rest, once generation ended for another reason than a stop string. */
  flush(): StopResult {
    const last = this.#stops.push(this.#decoder.decode());
    return last.match === undefined ? { text: last.text + this.#stops.flush(), match: undefined } : last;
  }
}

const NOTHING: StopResult = { text: '', match: undefined };
