import { DryBreakers } from './dry-breakers.ts';

type Vocabulary = {
  readonly tokenBytes: readonly Uint8Array[];
  /** Text to tokens, without any added at the beginning. */
  readonly encode: (text: string) => readonly number[];
};

/** As in llama.cpp, where a breaker is cut off there. */
export const BREAKER_BYTES_MAX = 40;
/** Of what follows a token that a breaker begins in. */
const TAIL_TOKENS_MAX = 20;
/** Searching a vocabulary takes milliseconds, so the answers are kept; the commonest breakers are four. */
const KEPT_MAX = 256;
/** Between two tokens; no UTF-8 text has this byte, and tokens that do are found by their places alone. */
const SEPARATOR = 0xff;

/** Finds where in a model's vocabulary sequence breakers begin. */
export class DryVocabulary {
  readonly #vocabulary: Vocabulary;
  readonly #sequences = new Map<string, readonly (readonly number[])[]>();
  #joined: { readonly bytes: Buffer; readonly starts: readonly number[] } | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  breakers(texts: readonly string[]): DryBreakers {
    return new DryBreakers(texts.flatMap((text) => this.#sequencesOf(text)));
  }

  #sequencesOf(text: string): readonly (readonly number[])[] {
    const known = this.#sequences.get(text);
    if (known) return known;
    const found = this.#find(Buffer.from(text));
    const oldest = this.#sequences.keys().next();
    if (this.#sequences.size >= KEPT_MAX && !oldest.done) this.#sequences.delete(oldest.value);
    this.#sequences.set(text, found);
    return found;
  }

  #find(breaker: Buffer): readonly (readonly number[])[] {
    const whole = this.#tokensWith(breaker);
    const isWhole = new Set(whole);
    const sequences: (readonly number[])[] = whole.map((token) => [token]);
    // A token may end with the breaker's beginning; the tokens that its rest is written with must follow then.
    for (let split = 1; split < breaker.length; split++) {
      const tail = this.#vocabulary.encode(breaker.toString('utf8', split)).slice(0, TAIL_TOKENS_MAX);
      const heads = this.#tokensWith(Buffer.concat([breaker.subarray(0, split), Buffer.of(SEPARATOR)]));
      for (const head of heads) if (!isWhole.has(head)) sequences.push([head, ...tail]);
    }
    return sequences;
  }

  /** Tokens with these bytes in them; a separator at their end is the end of the token. */
  #tokensWith(bytes: Buffer): number[] {
    const { bytes: joined, starts } = (this.#joined ??= join(this.#vocabulary.tokenBytes));
    const tokens: number[] = [];
    let place = joined.indexOf(bytes);
    while (place !== -1) {
      const token = lastAtMost(starts, place);
      const end = starts[token + 1] ?? joined.length;
      if (place + bytes.length <= end && tokens.at(-1) !== token) tokens.push(token);
      place = joined.indexOf(bytes, place + 1);
    }
    return tokens;
  }
}

function join(tokenBytes: readonly Uint8Array[]): { bytes: Buffer; starts: readonly number[] } {
  const starts: number[] = [];
  let length = 0;
  for (const bytes of tokenBytes) {
    starts.push(length);
    length += bytes.length + 1;
  }
  const separator = Buffer.of(SEPARATOR);
  return { bytes: Buffer.concat(tokenBytes.flatMap((bytes) => [bytes, separator])), starts };
}

/** The place of the last start that is not above `value`. */
function lastAtMost(starts: readonly number[], value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
