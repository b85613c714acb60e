import { describe, expect, test } from '@jest/globals';
import { createInputEncoder } from './input-encoder.ts';

const INPUT = { param: 'input', parsesSpecial: true };
/** Every six characters are a part, which has as many tokens. */
const cut = (text: string): string[] => text.match(/.{1,6}/gs) ?? [''];

function encoderOf(contextTokens: number, isCut = true) {
  const read: string[] = [];
  const tokenize = (text: string): Uint32Array => {
    read.push(text);
    return Uint32Array.from(Buffer.from(text));
  };
  return { encoder: createInputEncoder({ tokenize }, { contextTokens, cut: isCut ? cut : undefined }), read };
}

describe('an input', () => {
  test.each([true, false])('has all of its tokens, cut or not: %s', async (isCut) => {
    expect([...(await encoderOf(100, isCut).encoder.encode('some words', INPUT))]).toEqual([...Buffer.from('some words')]);
  });

  test('is read no further than the context goes', async () => {
    const { encoder, read } = encoderOf(10);
    await expect(encoder.encode('some words and many more', INPUT)).rejects.toMatchObject({
      code: 'CONTEXT_LENGTH_EXCEEDED',
      param: 'input',
      message: expect.stringContaining('more than 12 tokens'),
    });
    expect(read).toEqual(['some w', 'ords a']);
    expect(await encoder.encode('some words', INPUT)).toHaveLength(10);
  });

  test('is refused unread when no context can hold it', async () => {
    const { encoder, read } = encoderOf(2);
    await expect(encoder.encode('x'.repeat(129), INPUT)).rejects.toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
    expect(read).toEqual([]);
  });
});
