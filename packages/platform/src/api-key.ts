import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 12;
/** 40 base62 characters hold 238 bits. */
const SECRET_LENGTH = 40;
/** 62^6 is above 2^32, so six characters hold a CRC-32. */
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(
  `^sk-(admin-)?([0-9A-Za-z]{${PUBLIC_ID_LENGTH}})-([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

/** What a key's own text says it is for. Keys for administration from before there were two kinds look like any other. */
export type ApiKeyKind = 'api' | 'admin';

/** `sk-<public id>-<secret><checksum>`, or `sk-admin-…`; the public id is the database's lookup key and may be shown and logged. */
export type ParsedApiKey = { readonly kind: ApiKeyKind; readonly publicId: string; readonly plaintext: string };

const PREFIX = { api: '', admin: 'admin-' } as const;

/** Makes a fresh key from the system's random source. The plaintext must be shown once and never stored. */
export function generateApiKey(kind: ApiKeyKind = 'api'): ParsedApiKey {
  const publicId = randomBase62(PUBLIC_ID_LENGTH);
  const body = `${PREFIX[kind]}${publicId}-${randomBase62(SECRET_LENGTH)}`;
  return { kind, publicId, plaintext: `sk-${body}${checksumOf(body)}` };
}

/** Returns undefined for anything that no Sluice issued: wrong shape or wrong checksum. Costs no I/O. */
export function parseApiKey(plaintext: string): ParsedApiKey | undefined {
  const match = SHAPE.exec(plaintext);
  const [, prefix = '', publicId, secret, checksum] = match ?? [];
  if (publicId === undefined || secret === undefined || checksum === undefined) return undefined;
  if (checksumOf(`${prefix}${publicId}-${secret}`) !== checksum) return undefined;
  return { kind: prefix === '' ? 'api' : 'admin', publicId, plaintext };
}

/** HMAC-SHA-256 of the key under the installation's pepper, hex. The key has 238 random bits, so a slow hash would add nothing. */
export function hashApiKey(plaintext: string, pepper: string): string {
  return createHmac('sha256', pepper).update(plaintext).digest('hex');
}

/** Compares a presented key with a stored hash in constant time. */
export function matchesApiKeyHash(key: { plaintext: string; storedHash: string; pepper: string }): boolean {
  const presented = Buffer.from(hashApiKey(key.plaintext, key.pepper), 'hex');
  const stored = Buffer.from(key.storedHash, 'hex');
  return presented.length === stored.length && timingSafeEqual(presented, stored);
}

/** What a list may show: `sk-<public id>-…<last four>`. */
export function redactApiKey(plaintext: string): string {
  const parsed = parseApiKey(plaintext);
  return parsed ? `sk-${PREFIX[parsed.kind]}${parsed.publicId}-…${plaintext.slice(-4)}` : 'sk-…';
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

function randomBase62(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(62))).join('');
}
