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

  constructor(stops: readonly string[], includeStop: boolean) {
    this.#stops = stops;
    this.#includeStop = includeStop;
  }

  push(piece: string): StopResult {
    if (this.#stops.length === 0) return { text: piece, match: undefined };
    const text = this.#held + piece;
    const found = this.#firstStop(text);
    if (found) {
      this.#held = '';
      return { text: text.slice(0, this.#includeStop ? found.index + found.stop.length : found.index), match: found.stop };
    }
    const heldLength = this.#possibleStopLength(text);
    this.#held = text.slice(text.length - heldLength);
    return { text: text.slice(0, text.length - heldLength), match: undefined };
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
      const index = text.indexOf(stop);
      const end = index + stop.length;
      if (index < 0) continue;
      if (!first || end < first.end || (end === first.end && index < first.index)) first = { index, stop, end };
    }
    return first;
  }

  /** The length of the longest end of `text` that is the beginning of a stop string. */
  #possibleStopLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}
