import { describe, expect, test } from '@jest/globals';
import { Utf8Ban } from './utf8-ban.ts';

/** One token for each byte, and some words after them. */
const WORDS = ['a', 'é', 'ग', '🦊'].map((text) => new TextEncoder().encode(text));
const BYTES = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), ...WORDS];

describe('tokens that would not be UTF-8', () => {
  const ban = new Utf8Ban(BYTES);

  test('are those of bytes that no character has', () => {
    expect(ban.always).toEqual([0xc0, 0xc1, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff]);
  });

  test('are, of all pairs of a first and a second byte, those that a strict decoder refuses', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (let lead = 0xc2; lead <= 0xf4; lead++) {
      const open = ban.leadAfter(lead);
      const banned = new Set(open === undefined ? [] : ban.after(open));
      for (let second = 0x80; second <= 0xbf; second++) {
        const rest = lead >= 0xf0 ? [0x80, 0x80] : lead >= 0xe0 ? [0x80] : [];
        const isValid = ((): boolean => {
          try {
            return decoder.decode(Uint8Array.of(lead, second, ...rest)).length > 0;
          } catch {
            return false;
          }
        })();
        expect([lead, second, banned.has(second)]).toEqual([lead, second, !isValid]);
      }
    }
  });

  test('are no words, and leave nothing open after a whole character', () => {
    for (const id of [256, 257, 258, 259]) {
      expect(ban.always).not.toContain(id);
      expect(ban.leadAfter(id)).toBeUndefined();
    }
  });
});
