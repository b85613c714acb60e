import { describe, expect, test } from '@jest/globals';
import { byteTokenizer } from '../test-support/byte-tokenizer.ts';
import { PromptReader } from './prompt-reader.ts';
import { createTextCutter } from './text-cutter.ts';

const encodeAll = (parts: readonly string[]): Uint32Array => byteTokenizer.encode(parts.join(''));

/** Bytes are tokens, but for a first one of its own. Remembers what it was given. */
function readerOf({ contextTokens = 100_000, isCut = true } = {}) {
  const read: string[] = [];
  const reader = new PromptReader(
    {
      bytesPerTokenMax: 40,
      cut: isCut ? createTextCutter(byteTokenizer.tokenBytes, encodeAll) : undefined,
      encode: (text) => {
        read.push(text);
        return Uint32Array.of(1, ...byteTokenizer.encode(text));
      },
      encodeMore: (text) => {
        read.push(text);
        return byteTokenizer.encode(text);
      },
    },
    contextTokens,
  );
  return { reader, read };
}

const LONG = 'some words '.repeat(4_000);

describe('the text of a prompt', () => {
  test('has the tokens of the whole, and what comes before them once', async () => {
    const whole = [1, ...Buffer.from(`${LONG}and more`)];
    const { reader, read } = readerOf();
    expect([...reader.read([LONG, 'and more'], 'prompt')]).toEqual(whole);
    expect(read.length).toBeGreaterThan(4);
    expect([...(await reader.readInTurns([LONG, 'and more'], 'prompt'))]).toEqual(whole);
    expect([...readerOf({ isCut: false }).reader.read([LONG, 'and more'], 'prompt')]).toEqual(whole);
    expect([...reader.read([''], 'prompt')]).toEqual([1]);
  });

  test('is read no further than the context goes', () => {
    const { reader, read } = readerOf({ contextTokens: 10_000 });
    expect(() => reader.read([LONG], 'messages')).toThrow(
      expect.objectContaining({
        code: 'CONTEXT_LENGTH_EXCEEDED',
        param: 'messages',
        message: expect.stringMatching(/at least 1\d{4} tokens/),
      }),
    );
    expect(read.join('').length).toBeLessThan(20_000);
  });

  test('leaves it to others to count what is a little too long', () => {
    expect(readerOf({ contextTokens: 5 }).reader.read(['some words'], 'prompt')).toHaveLength(11);
  });

  test('gives other work its turn after each part', async () => {
    const { reader, read } = readerOf();
    const seen: number[] = [];
    const look = (): void => {
      seen.push(read.length);
      if (read.length < 5) setImmediate(look);
    };
    setImmediate(look);
    await reader.readInTurns([LONG], 'prompt');
    expect(new Set(seen).size).toBeGreaterThan(3);
  });

  test('is refused where it cannot be cut and is long, unread', () => {
    const { reader, read } = readerOf();
    expect(() => reader.read(['words and ', 'a'.repeat(40_000)], 'messages')).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE', param: 'messages', message: expect.stringContaining('40000 characters') }),
    );
    expect(read).toEqual([]);
    expect(reader.read(['a'.repeat(32_000)], 'messages')).toHaveLength(32_001);
    expect(readerOf({ isCut: false }).reader.read(['a'.repeat(40_000)], 'messages')).toHaveLength(40_001);
  });

  test('is refused unread where no token is long enough for it', () => {
    const { reader } = readerOf({ contextTokens: 10 });
    expect(() => reader.assertFits('a'.repeat(401), 'prompt')).toThrow(expect.objectContaining({ code: 'CONTEXT_LENGTH_EXCEEDED' }));
    expect(() => reader.assertFits('a'.repeat(400), 'prompt')).not.toThrow();
  });
});
