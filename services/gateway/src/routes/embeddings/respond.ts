import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import type { Embedding__Output } from '@sluice/proto/v1/Embedding';

type Embeddings = {
  /** As the client named it. */
  readonly model: string;
  readonly embeddings: readonly Embedding__Output[];
  readonly promptTokens: number;
  readonly format: 'float' | 'base64';
};

const FLOAT_BYTES = 4;
/** A number takes a quarter of a microsecond to write: others wait for 8 ms at most. */
const VALUES_PER_TURN = 32_768;

/** OpenAI's list of embeddings. Base64 is of little-endian float32, as OpenAI's clients decode it. */
export async function respond({ model, embeddings, promptTokens, format }: Embeddings): Promise<string> {
  const write = format === 'base64' ? toBase64 : toNumbers;
  const parts: string[] = [];
  let values = 0;
  for (const [index, embedding] of embeddings.entries()) {
    const packed = packedOf(embedding);
    values += packed.length / FLOAT_BYTES;
    if (values > VALUES_PER_TURN) {
      await nextTurn();
      values = 0;
    }
    parts.push(`{"object":"embedding","index":${index},"embedding":${write(packed)}}`);
  }
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return `{"object":"list","data":[${parts.join(',')}],"model":${JSON.stringify(model)},"usage":${JSON.stringify(usage)}}`;
}

function packedOf({ packed, values }: Embedding__Output): Buffer {
  if (packed.length > 0) return packed;
  if (values.length === 0) throw new Fault('INTERNAL', { message: 'The inference worker failed.', internal: 'a vector without values' });
  const bytes = Buffer.alloc(values.length * FLOAT_BYTES);
  values.forEach((value, i) => bytes.writeFloatLE(value, i * FLOAT_BYTES));
  return bytes;
}

function toBase64(packed: Buffer): string {
  return `"${packed.toString('base64')}"`;
}

function toNumbers(packed: Buffer): string {
  return JSON.stringify(Array.from({ length: packed.length / FLOAT_BYTES }, (_, i) => packed.readFloatLE(i * FLOAT_BYTES)));
}
