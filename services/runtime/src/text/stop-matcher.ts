import { unfinishedLength } from './answer/find-marker.ts';

export type Stopping = {
  readonly stop: readonly string[];
  readonly includeStop: boolean;
  /** So many tokens come before a stop string counts; 0 when left out. */
  readonly minTokens?: number;
};

export type StopResult = {
  /** Text that no stop string can reach any more. */
  readonly text: string;
  /** The stop string that ended the text, when one did. */
  readonly match: string | undefined;
};

/** Finds the first complete stop string in a stream of text pieces and holds back only what may still become one. */
export class StopMatcher {
  readonly #stops: readonly string[];
  readonly #includeStop: boolean;
  #held = '';
  /** Of what is held, what came too early to be the end of a stop string. */
  #earlyLength = 0;
  readonly #minTokens: number;
  #tokens = 0;

  /** `minTokens` come before any stop string may be complete. */
  constructor(stops: readonly string[], includeStop: boolean, minTokens = 0) {
    this.#stops = stops;
    this.#includeStop = includeStop;
    this.#minTokens = minTokens;
  }

  /** The next text is another token's. */
  countToken(): void {
    this.#tokens++;
  }

  push(piece: string): StopResult {
    if (this.#stops.length === 0) return { text: piece, match: undefined };
    const text = this.#held + piece;
    if (this.#minTokens > 0 && this.#tokens <= this.#minTokens) this.#earlyLength = text.length;
    const found = this.#firstStop(text);
    if (found) {
      this.#held = '';
      return { text: text.slice(0, this.#includeStop ? found.index + found.stop.length : found.index), match: found.stop };
    }
    const certainLength = text.length - unfinishedLength(text, this.#stops);
    this.#held = text.slice(certainLength);
    this.#earlyLength = Math.max(0, this.#earlyLength - certainLength);
    return { text: text.slice(0, certainLength), match: undefined };
  }

  /** What was held back, once no more text comes. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** The stop that is complete first, as it would be character by character; among those, the longest. */
  #firstStop(text: string): { index: number; stop: string } | undefined {
    let first: { index: number; stop: string; end: number } | undefined;
    for (const stop of this.#stops) {
      const index = text.indexOf(stop, Math.max(0, this.#earlyLength - stop.length + 1));
      const end = index + stop.length;
      if (index < 0) continue;
      if (!first || end < first.end || (end === first.end && index < first.index)) first = { index, stop, end };
    }
    return first;
  }
}
