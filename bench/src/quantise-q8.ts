const blockValues = 32;
const blockBytes = 34;

/**
 * Quantises to GGML's q8_0: for every 32 values a float16 scale of max|x|/127 and 32 signed bytes round(x/scale), 34 bytes a block.
 * Throws when the length is no multiple of 32.
 */
export const quantiseQ8 = (values: Float32Array): Uint8Array => {
  if (values.length % blockValues !== 0) throw new RangeError(`q8_0 needs whole blocks of ${blockValues}, got ${values.length} values`);
  const bytes = new Uint8Array((values.length / blockValues) * blockBytes);
  const view = new DataView(bytes.buffer);
  for (let start = 0, at = 0; start < values.length; start += blockValues, at += blockBytes) {
    let largest = 0;
    for (let i = start; i < start + blockValues; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const inverse = largest === 0 ? 0 : 127 / largest;
    view.setUint16(at, float16Bits(largest / 127), true);
    for (let i = 0; i < blockValues; i++) view.setInt8(at + 2 + i, Math.round((values[start + i] ?? 0) * inverse));
  }
  return bytes;
};

// DataView.setFloat16 would do, but the ES2024 library types do not have it yet. Scales are never negative.
const float16Bits = (value: number): number => {
  if (value > 65_504) throw new RangeError(`${value} does not fit a float16`);
  if (value < 2 ** -14) return Math.round(value * 2 ** 24); // subnormal
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024); // a mantissa rounded up to 1024 carries into the exponent
};
