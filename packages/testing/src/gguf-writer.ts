import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type GgufValue =
  | { type: 'u32' | 'f32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; value: readonly string[] }
  | { type: 'i32s'; value: readonly number[] };

/** `shape` is in GGUF order, the contiguous dimension first; `chunks` yields exactly the tensor's bytes. */
export type GgufTensor = {
  name: string;
  shape: readonly number[];
  type: 'f32' | 'q8_0';
  chunks: () => Iterable<Uint8Array>;
};

const alignment = 32; // GGUF's default, so it needs no metadata key
const valueTypes = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const tensorTypes = { f32: { id: 0, bytes: 4, block: 1 }, q8_0: { id: 8, bytes: 34, block: 32 } } as const;

/** Writes a GGUF v3 file and only then puts it at `path`, since another process may have the old one mapped; throws when a tensor's chunks do not add up to its shape. */
export const writeGguf = (path: string, metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): void => {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const file = openSync(partial, 'w');
  try {
    const header = headerBytes(metadata, tensors);
    writeSync(file, header);
    writeSync(file, new Uint8Array(padding(header.length)));
    for (const tensor of tensors) writeTensor(file, tensor);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
};

const padding = (length: number): number => (alignment - (length % alignment)) % alignment;

const tensorBytes = ({ shape, type }: GgufTensor): number => {
  const { bytes, block } = tensorTypes[type];
  return (shape.reduce((product, size) => product * size, 1) / block) * bytes;
};

const writeTensor = (file: number, tensor: GgufTensor): void => {
  const expected = tensorBytes(tensor);
  let written = 0;
  for (const chunk of tensor.chunks()) written += writeSync(file, chunk);
  if (written !== expected) throw new Error(`${tensor.name}: wrote ${written} bytes, its shape needs ${expected}`);
  writeSync(file, new Uint8Array(padding(written)));
};

const headerBytes = (metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer => {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) parts.push(string(key), ...valueBytes(value));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(string(tensor.name), u32(tensor.shape.length), ...tensor.shape.map(u64), u32(tensorTypes[tensor.type].id), u64(offset));
    const length = tensorBytes(tensor);
    offset += length + padding(length);
  }
  return Buffer.concat(parts);
};

const valueBytes = (entry: GgufValue): Buffer[] => {
  switch (entry.type) {
    case 'u32':
      return [u32(valueTypes.u32), u32(entry.value)];
    case 'f32':
      return [u32(valueTypes.f32), f32(entry.value)];
    case 'bool':
      return [u32(valueTypes.bool), Buffer.of(entry.value ? 1 : 0)];
    case 'string':
      return [u32(valueTypes.string), string(entry.value)];
    case 'strings':
      return [u32(valueTypes.array), u32(valueTypes.string), u64(entry.value.length), ...entry.value.map(string)];
    case 'i32s':
      return [u32(valueTypes.array), u32(valueTypes.i32), u64(entry.value.length), ...entry.value.map(i32)];
    default:
      return entry satisfies never;
  }
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const i32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const string = (value: string): Buffer => {
  const text = Buffer.from(value);
  return Buffer.concat([u64(text.length), text]);
};
