/**
 * Bytes that look like UTF-8 and are none. A grammar of llama.cpp reads characters, and takes such bytes for characters that
 * they do not stand for; whoever decodes them strictly, as everybody does, gets replacement characters instead.
 */
const NEVER = new Set([0xc0, 0xc1, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff]);

/** After these, some bytes would make a longer way to write a shorter character, or no character at all (RFC 3629, section 4). */
const SECOND_BYTES = new Map<number, readonly [number, number]>([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
]);

/** A first byte of a character that not every other byte may follow. */
export type Lead = 0xe0 | 0xed | 0xf0 | 0xf4;

/** Which tokens of a vocabulary must not come, so that what comes is UTF-8. */
export class Utf8Ban {
  /** Wrong wherever they come. */
  readonly always: readonly number[];
  readonly #tokenBytes: readonly Uint8Array[];
  readonly #after = new Map<Lead, readonly number[]>();

  constructor(tokenBytes: readonly Uint8Array[]) {
    this.#tokenBytes = tokenBytes;
    this.always = idsWhere(tokenBytes, isBroken);
  }

  /** The lead that a token leaves open, when it leaves one. */
  leadAfter(token: number): Lead | undefined {
    const last = this.#tokenBytes[token]?.at(-1);
    return last !== undefined && isLead(last) ? last : undefined;
  }

  /** Wrong just after such a lead. */
  after(lead: Lead): readonly number[] {
    let ids = this.#after.get(lead);
    if (!ids) {
      ids = idsWhere(this.#tokenBytes, (bytes) => bytes.length > 0 && !mayFollow(lead, bytes[0] ?? 0));
      this.#after.set(lead, ids);
    }
    return ids;
  }
}

function idsWhere(tokenBytes: readonly Uint8Array[], isWanted: (bytes: Uint8Array) => boolean): number[] {
  return tokenBytes.flatMap((bytes, id) => (isWanted(bytes) ? [id] : []));
}

function isBroken(bytes: Uint8Array): boolean {
  return bytes.some((byte, i) => NEVER.has(byte) || (i > 0 && !mayFollow(bytes[i - 1] ?? 0, byte)));
}

/** Bytes that go on with no character at all are left to the grammar, which refuses them. */
function mayFollow(lead: number, byte: number): boolean {
  const range = SECOND_BYTES.get(lead);
  const isContinuation = byte >= 0x80 && byte <= 0xbf;
  return !range || !isContinuation || (byte >= range[0] && byte <= range[1]);
}

function isLead(byte: number): byte is Lead {
  return SECOND_BYTES.has(byte);
}
