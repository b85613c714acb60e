import { describe, expect, test } from '@jest/globals';
import { OutputText } from './output-text.ts';

/** One token per byte, so that every character of more than one byte is split over tokens. */
const BYTES = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

describe('output text', () => {
  test('characters split over tokens come out whole', () => {
    const sample = 'naïve – 日本語 🦊👩‍👩‍👧 end';
    const output = new OutputText(BYTES, { stop: [], includeStop: false });
    const pieces = [...Buffer.from(sample)].map((byte) => output.push(byte).text);
    expect(pieces.join('') + output.flush().text).toBe(sample);
    expect(pieces.join('')).not.toContain('\uFFFD');
  });

  test('a character that never ends becomes one replacement character at the end', () => {
    const output = new OutputText(BYTES, { stop: [], includeStop: false });
    expect(output.push(0xe6).text + output.push(0x97).text).toBe('');
    expect(output.flush().text).toBe('\uFFFD');
  });

  test('a stop string of split characters is found', () => {
    const output = new OutputText(BYTES, { stop: ['本'], includeStop: false });
    const results = [...Buffer.from('日本語')].map((byte) => output.push(byte));
    expect(results.map((result) => result.text).join('')).toContain('日');
    expect(results.find((result) => result.match !== undefined)?.match).toBe('本');
  });

  test('a stop string counts from the first token on that comes after the least number of tokens', () => {
    const read = (text: string, stop: string[], minTokens: number) => {
      const output = new OutputText(BYTES, { stop, includeStop: false, minTokens });
      let said = '';
      for (const byte of Buffer.from(text)) {
        const { text: more, match } = output.push(byte);
        said += more;
        if (match !== undefined) return { said, match };
      }
      return { said: said + output.flush().text, match: undefined };
    };
    expect(read('ab|cd|ef', ['|'], 3)).toEqual({ said: 'ab|cd', match: '|' });
    expect(read('ab|cd|ef', ['|'], 2)).toEqual({ said: 'ab', match: '|' });
    expect(read('ab|cd|ef', ['|'], 8)).toEqual({ said: 'ab|cd|ef', match: undefined });
    // It may have begun before, but a shorter one that was complete then is past.
    expect(read('ab||cd', ['||'], 3)).toEqual({ said: 'ab', match: '||' });
    expect(read('xab?', ['ab', 'xabY'], 3)).toEqual({ said: 'xab?', match: undefined });
    expect(read('xabY', ['ab', 'xabY'], 3)).toEqual({ said: '', match: 'xabY' });
  });

  test('tokens without bytes add nothing', () => {
    const output = new OutputText([new Uint8Array(0)], { stop: [], includeStop: false });
    expect(output.push(0)).toEqual({ text: '', match: undefined });
    expect(output.push(12_345)).toEqual({ text: '', match: undefined });
  });
});
