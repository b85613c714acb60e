import { type Cipheriv, createCipheriv, createHash } from 'node:crypto';

const BLOCK_BYTES = 16;
const NUMBER_BYTES = 2;
const NUMBERS_PER_BLOCK = BLOCK_BYTES / NUMBER_BYTES;

/**
 * A keyed function from pairs of 32-bit numbers to 16 bits: AES-128 of a counter. The processor does it in hardware, so all
 * numbers that begin with one cost some ten microseconds for a vocabulary of 32,000, and one number its own block.
 */
export class KeyedNumbers {
  readonly #key: Buffer;
  readonly #blocks: Cipheriv;
  #zeros = Buffer.alloc(0);

  constructor(secret: string) {
    this.#key = createHash('sha256').update(secret).digest().subarray(0, BLOCK_BYTES);
    this.#blocks = createCipheriv('aes-128-ecb', this.#key, null);
  }

  /** Those of (first, 0) to (first, count − 1). */
  row(first: number, count: number): Uint16Array {
    const bytes = Math.ceil(count / NUMBERS_PER_BLOCK) * BLOCK_BYTES;
    if (this.#zeros.length < bytes) this.#zeros = Buffer.alloc(bytes);
    // Its keystream is AES of the counter that begins here and rises by one a block.
    const stream = createCipheriv('aes-128-ctr', this.#key, counter(first, 0)).update(this.#zeros.subarray(0, bytes));
    return new Uint16Array(stream.buffer, stream.byteOffset, count);
  }

  at(first: number, second: number): number {
    const block = this.#blocks.update(counter(first, Math.floor(second / NUMBERS_PER_BLOCK)));
    return new Uint16Array(block.buffer, block.byteOffset, NUMBERS_PER_BLOCK)[second % NUMBERS_PER_BLOCK] ?? 0;
  }
}

function counter(first: number, block: number): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.writeUInt32BE(first >>> 0, 0);
  bytes.writeUInt32BE(block, BLOCK_BYTES - 4);
  return bytes;
}
