import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** `rt_<id>_<secret>`. The id is the row's; the secret ends in a tag under the pepper, so that made-up tokens are refused without a look at the database. */
export type RefreshToken = {
  readonly id: string;
  readonly plaintext: string;
  /** What is stored: HMAC-SHA-256 under the pepper, hex. The secret has 256 random bits, so a slow hash would add nothing. */
  readonly secretHash: string;
};

const ID_BYTES = 15;
const SECRET_BYTES = 32;
const TAG_BYTES = 8;
const SHAPE = /^rt_([0-9a-f]{30})_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{11})$/;

/** A fresh token from the system's random source. The plaintext must be shown once and never stored. */
export function makeRefreshToken(pepper: string): RefreshToken {
  return compose({ id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64url'), pepper });
}

/** What follows a token in one holder's hands: the same as often as it is asked for, another in another's hands, and not to be told without the pepper. */
export function nextRefreshToken(token: RefreshToken, { holder, pepper }: { holder: string; pepper: string }): RefreshToken {
  const bytes = createHmac('sha512', pepper).update(`refresh token next\0${token.plaintext}\0${holder}`).digest();
  const secret = bytes.subarray(ID_BYTES, ID_BYTES + SECRET_BYTES).toString('base64url');
  return compose({ id: bytes.subarray(0, ID_BYTES).toString('hex'), secret, pepper });
}

/** Undefined for anything that this installation did not issue. Costs no I/O. */
export function parseRefreshToken(plaintext: string, pepper: string): RefreshToken | undefined {
  const [, id, secret] = SHAPE.exec(plaintext) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const token = compose({ id, secret, pepper });
  return isEqual(token.plaintext, plaintext) ? token : undefined;
}

/** Compares in constant time. */
export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function compose({ id, secret, pepper }: { id: string; secret: string; pepper: string }): RefreshToken {
  const hmac = (use: string): Buffer => createHmac('sha256', pepper).update(`refresh token ${use}\0${id}\0${secret}`).digest();
  const tag = hmac('tag').subarray(0, TAG_BYTES).toString('base64url');
  return { id, plaintext: `rt_${id}_${secret}${tag}`, secretHash: hmac('hash').toString('hex') };
}
