import { describe, expect, test } from '@jest/globals';
import { createTextCutter, type TextCutter } from './text-cutter.ts';

const LETTERS = Array.from({ length: 256 }, (_, id) => Uint8Array.of(id));
const toBytes = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

/** Longest match first, as no model does it, but no token reaches further than it does there. */
function encoderOf(tokens: readonly Uint8Array[]) {
  const longestFirst = tokens.map((bytes, id) => ({ bytes: Buffer.from(bytes), id })).sort((a, b) => b.bytes.length - a.bytes.length);
  const encode = (text: string): number[] => {
    const bytes = Buffer.from(text);
    const ids: number[] = [];
    for (let at = 0; at < bytes.length;) {
      const found = longestFirst.find((token) => bytes.subarray(at, at + token.bytes.length).equals(token.bytes));
      if (!found) throw new Error('no token');
      ids.push(found.id);
      at += found.bytes.length;
    }
    return ids;
  };
  return (parts: readonly string[]): Uint32Array => Uint32Array.from(parts.flatMap(encode));
}

function cutterOf(...texts: Uint8Array[]): TextCutter {
  const tokens = [...LETTERS, ...texts];
  const cut = createTextCutter(tokens, encoderOf(tokens));
  if (!cut) throw new Error('nothing is cut');
  return cut;
}

const words = (word: string): string => word.repeat(Math.ceil(30_000 / word.length));

describe('a long text', () => {
  const cut = cutterOf(...toBytes(' word', 'two', ': ', '\n\n'));

  test.each(['two words ', 'a,', '{"a":1}', 'x\n', '你好，', '人。\n', 'Ёж! '])(
    'of %j is cut into short parts, where words end',
    (word) => {
      const text = words(word);
      const parts = cut(text);
      expect(parts.join('')).toBe(text);
      expect(parts.length).toBeGreaterThan(3);
      expect(parts.filter((part) => part.length > 8_192)).toEqual([]);
      expect(parts.slice(1).filter((part) => /^[\p{L}\p{N}]/u.test(part) && !word.includes('\n'))).toEqual([]);
    },
  );

  test.each([words('a'), words(' '), words('\n'), words('🦊'), words("'a"), ''])('in which no word ends stays whole', (text) => {
    expect(cut(text).length).toBe(1);
  });

  test('is searched no further than a part may be long', () => {
    expect(cut(`${'a'.repeat(40_000)} ${words('b c ')}`)).toHaveLength(1);
    expect(cut(`${'a'.repeat(32_000)} ${words('b c ')}`).length).toBeGreaterThan(3);
  });

  test('is cut behind a stretch that cannot be', () => {
    expect(cut(`${'a'.repeat(9_000)} b`)).toEqual(['a'.repeat(9_000), ' b']);
  });
});

describe('a text is not cut where a token of the vocabulary reaches across', () => {
  test.each([
    ['a space between words', toBytes('o w'), words('two words '), words('two,')],
    ['a letter and a comma', toBytes('o,'), words('two,'), words('two words ')],
    ['a letter and the first byte of a comma', [Buffer.from('o，').subarray(0, 2)], words('two，'), words('two。')],
    ['the last byte of a letter and a comma', [Buffer.from('é,').subarray(1)], words('thé,'), words('thé ')],
    ['a line break and a letter', toBytes('\na', 'a!'), words('!\na'), words('a b')],
  ])('%s', (_what, tokens, whole, cuttable) => {
    const cut = cutterOf(...tokens);
    expect(cut(whole).length).toBe(1);
    expect(cut(cuttable).length).toBeGreaterThan(3);
  });
});

test('nothing is cut of a vocabulary that sees where a text begins', () => {
  const encode = encoderOf(LETTERS);
  const marking = (parts: readonly string[]): Uint32Array => encode(parts.map((part) => `^${part}`));
  expect(createTextCutter(LETTERS, marking)).toBeUndefined();
});
