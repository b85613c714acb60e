import { endianness } from 'node:os';

const FLOAT_BYTES = 4;
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** The vector with length 1, as little-endian float32. A vector of zeros stays one. Throws for a vector that is not of numbers. */
export function packUnitVector(values: Float64Array): Buffer {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length)) throw new RangeError('the model answered with a vector that is not of numbers');
  const scale = length === 0 ? 0 : 1 / length;
  const packed = Buffer.from(Float32Array.from(values, (value) => value * scale).buffer);
  return IS_LITTLE_ENDIAN ? packed : packed.swap32();
}

/** What was packed. */
export function unpackVector(packed: Uint8Array): Float32Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  return Float32Array.from({ length: packed.byteLength / FLOAT_BYTES }, (_, i) => view.getFloat32(i * FLOAT_BYTES, true));
}
