import { createHash } from 'node:crypto';

/**
 * HalfSipHash-2-4 (Aumasson and Bernstein, github.com/veorq/SipHash): a keyed hash of 32 bits in 32-bit arithmetic, so
 * that a candidate costs a tenth of a microsecond. Its key has 64 bits; another 64 are hashed before the message, so
 * that its state is as hard to guess as 128 bits.
 */
export class KeyedHash {
  readonly #keyed: State;

  constructor(key: string) {
    const digest = createHash('sha256').update(key).digest();
    const word = (i: number): number => digest.readInt32LE(4 * i);
    this.#keyed = absorb(absorb(start(word(0), word(1)), word(2)), word(3));
  }

  /** Of all pairs that begin with `first`. */
  after(first: number): (second: number) => number {
    const [s0, s1, s2, s3] = absorb(this.#keyed, first);
    // Written out, for it runs for every candidate of every token.
    return (second) => {
      let [v0, v1, v2, v3] = [s0, s1, s2, s3 ^ second];
      for (let round = 0; round < 8; round++) {
        if (round === 2) {
          v0 ^= second;
          v3 ^= LENGTH_WORD;
        } else if (round === 4) {
          v0 ^= LENGTH_WORD;
          v2 ^= 0xff;
        }
        v0 = (v0 + v1) | 0;
        v1 = rotateLeft(v1, 5) ^ v0;
        v0 = rotateLeft(v0, 16);
        v2 = (v2 + v3) | 0;
        v3 = rotateLeft(v3, 8) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = rotateLeft(v3, 7) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = rotateLeft(v1, 13) ^ v2;
        v2 = rotateLeft(v2, 16);
      }
      return (v1 ^ v3) >>> 0;
    };
  }
}

type State = readonly [number, number, number, number];

/** The message's length in bytes goes into its last word's highest byte: two words of key, two tokens. */
const LENGTH_WORD = 16 << 24;

/** Exported for the test with the authors' vectors. */
export function start(k0: number, k1: number): State {
  return [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1];
}

export function absorb([v0, v1, v2, v3]: State, word: number): State {
  const [w0, w1, w2, w3] = rounds([v0, v1, v2, v3 ^ word], 2);
  return [w0 ^ word, w1, w2, w3];
}

export function finish([v0, v1, v2, v3]: State): number {
  const [, w1, , w3] = rounds([v0, v1, v2 ^ 0xff, v3], 4);
  return (w1 ^ w3) >>> 0;
}

function rounds([a, b, c, d]: State, count: number): State {
  let [v0, v1, v2, v3] = [a, b, c, d];
  for (let i = 0; i < count; i++) {
    v0 = (v0 + v1) | 0;
    v1 = rotateLeft(v1, 5) ^ v0;
    v0 = rotateLeft(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotateLeft(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotateLeft(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotateLeft(v1, 13) ^ v2;
    v2 = rotateLeft(v2, 16);
  }
  return [v0, v1, v2, v3];
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
