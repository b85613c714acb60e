import { open, type FileHandle } from 'node:fs/promises';

/** What a GGUF file says of itself before its weights: typed values by key, and its tensors. */
export type GgufHeader = {
  readonly values: ReadonlyMap<string, GgufHeaderValue>;
  readonly tensors: readonly GgufTensorEntry[];
};

/** Arrays are skipped: no adapter needs one to be understood. */
export type GgufHeaderValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'f32'; readonly value: number }
  | { readonly type: 'other' };

export type GgufTensorEntry = {
  readonly name: string;
  /** The contiguous dimension first. */
  readonly shape: readonly number[];
  /** The id that ggml gives the type. */
  readonly type: number;
};

/** Thrown for bytes that are no GGUF header, with what is wrong with them. */
export class GgufHeaderError extends Error {}

/** An adapter of a large model has a few thousand tensors of 100 bytes each; its arrays are token lists at most. */
const HEADER_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const ENTRIES_MAX = 100_000;
const STRING_BYTES_MAX = 1024 * 1024;
const DIMENSIONS_MAX = 4;
const VERSIONS: ReadonlySet<number> = new Set([2, 3]);

/** Bytes of a value by its type's id; strings (8) and arrays (9) have lengths of their own. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const F32 = 6;
const STRING = 8;
const ARRAY = 9;

/** Reads the header alone, in bounded time and memory, whatever the file says. Throws GgufHeaderError. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  await using file = await open(path);
  const reader = new HeaderReader(file);
  if ((await reader.bytes(4)).toString('latin1') !== 'GGUF') throw new GgufHeaderError('it is not a GGUF file');
  const version = await reader.u32();
  if (!VERSIONS.has(version)) throw new GgufHeaderError(`its GGUF version ${version} is unknown`);
  const tensorCount = await reader.count();
  const valueCount = await reader.count();
  const values = new Map<string, GgufHeaderValue>();
  for (let i = 0; i < valueCount; i++) values.set(await reader.string(), await readValue(reader));
  const tensors: GgufTensorEntry[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(await readTensor(reader));
  return { values, tensors };
}

async function readValue(reader: HeaderReader): Promise<GgufHeaderValue> {
  const type = await reader.u32();
  if (type === STRING) return { type: 'string', value: await reader.string() };
  if (type === F32) return { type: 'f32', value: (await reader.bytes(4)).readFloatLE() };
  if (type === ARRAY) await skipArray(reader);
  else await reader.skip(valueBytes(type));
  return { type: 'other' };
}

async function skipArray(reader: HeaderReader): Promise<void> {
  const type = await reader.u32();
  const length = await reader.u64();
  if (type !== STRING) return reader.skip(valueBytes(type) * length);
  for (let i = 0; i < length; i++) await reader.skip(await reader.u64());
}

function valueBytes(type: number): number {
  const bytes = VALUE_BYTES[type];
  if (bytes === undefined) throw new GgufHeaderError(`a value has the unknown type ${type}`);
  return bytes;
}

async function readTensor(reader: HeaderReader): Promise<GgufTensorEntry> {
  const name = await reader.string();
  const dimensions = await reader.u32();
  if (dimensions < 1 || dimensions > DIMENSIONS_MAX) throw new GgufHeaderError(`the tensor ${name} has ${dimensions} dimensions`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.push(await reader.u64());
  const type = await reader.u32();
  await reader.skip(8);
  return { name, shape, type };
}

/** Takes bytes off the beginning of a file, a chunk at a time. */
class HeaderReader {
  readonly #file: FileHandle;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #taken = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async bytes(length: number): Promise<Buffer> {
    this.#take(length);
    while (this.#chunk.length - this.#at < length) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) throw new GgufHeaderError('it ends within its header');
      this.#chunk = Buffer.concat([this.#chunk.subarray(this.#at), buffer.subarray(0, bytesRead)]);
      this.#at = 0;
    }
    const bytes = this.#chunk.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const step = Math.min(left, CHUNK_BYTES);
      await this.bytes(step);
      left -= step;
    }
  }

  async u32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  /** Sizes and counts, none of which can be too large to be counted exactly. */
  async u64(): Promise<number> {
    const value = Number((await this.bytes(8)).readBigUInt64LE());
    if (!Number.isSafeInteger(value)) throw new GgufHeaderError('one of its lengths is impossible');
    return value;
  }

  async count(): Promise<number> {
    const count = await this.u64();
    if (count > ENTRIES_MAX) throw new GgufHeaderError(`it claims ${count} entries`);
    return count;
  }

  async string(): Promise<string> {
    const length = await this.u64();
    if (length > STRING_BYTES_MAX) throw new GgufHeaderError('one of its texts is too long');
    return (await this.bytes(length)).toString('utf8');
  }

  #take(length: number): void {
    this.#taken += length;
    if (this.#taken > HEADER_BYTES_MAX) throw new GgufHeaderError('its header is too large for an adapter');
  }
}
