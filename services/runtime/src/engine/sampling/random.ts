/**
 * A seeded generator of numbers from 0 to 1, the same on every machine: xoshiro128** of Blackman and Vigna
 * (prng.di.unimi.it), its state filled from the seed by their splitmix with 32-bit steps.
 */
export class SeededRandom {
  #state: readonly [number, number, number, number];

  constructor(seed: number) {
    let weyl = seed >>> 0;
    const next = (): number => {
      weyl = (weyl + 0x9e3779b9) >>> 0;
      let mixed = weyl;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
    this.#state = [next(), next(), next(), next()];
  }

  /** At least 0, below 1, in steps of 2^-32. */
  next(): number {
    const [a, b, c, d] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const x = c ^ a;
    const y = d ^ b;
    this.#state = [a ^ y, b ^ x, x ^ (b << 9), rotateLeft(y, 11)];
    return result / 2 ** 32;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
