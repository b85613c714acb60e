import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** An answer as it was sent. */
export type StoredAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** Which key an answer is sealed under. */
type Seal = {
  readonly pepper: string;
  /** The idempotency key itself, which is stored nowhere. */
  readonly idempotencyKey: string;
  /** The record that the answer belongs to; in another one it cannot be opened. */
  readonly record: string;
};

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const headSchema = z.object({ status: z.number().int(), headers: z.record(z.string(), z.string()) });

/** An answer is content: whoever reads Redis, its disk or a backup of it cannot open it without both the pepper and the client's key. */
export function sealAnswer({ status, headers, body }: StoredAnswer, seal: Seal): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(seal), nonce).setAAD(Buffer.from(seal.record));
  const head = Buffer.from(`${JSON.stringify({ status, headers })}\n`);
  const sealed = [cipher.update(head), cipher.update(body), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]);
}

/** Throws when the bytes are not what `sealAnswer` gave for the same seal. */
export function openAnswer(bytes: Buffer, seal: Seal): StoredAnswer {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(seal), nonce).setAAD(Buffer.from(seal.record)).setAuthTag(tag);
  const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  // JSON has no bare line feed.
  const headEnd = opened.indexOf('\n');
  const head = headSchema.parse(JSON.parse(opened.subarray(0, headEnd).toString()));
  return { ...head, body: opened.subarray(headEnd + 1) };
}

function keyOf({ pepper, idempotencyKey }: Seal): Buffer {
  return Buffer.from(hkdfSync('sha256', pepper, idempotencyKey, 'sluice/idempotent-answer/v1', KEY_BYTES));
}
