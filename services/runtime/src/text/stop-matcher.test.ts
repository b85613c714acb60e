import { describe, expect, test } from '@jest/globals';
import { StopMatcher } from './stop-matcher.ts';

function feed(pieces: readonly string[], stops: readonly string[], includeStop = false): { text: string; match: string | undefined } {
  const matcher = new StopMatcher(stops, includeStop);
  let text = '';
  for (const piece of pieces) {
    const result = matcher.push(piece);
    text += result.text;
    if (result.match !== undefined) return { text, match: result.match };
  }
  return { text: text + matcher.flush(), match: undefined };
}

describe('stop strings', () => {
  test('end the text before themselves, or after when they are to be kept', () => {
    expect(feed(['one two three'], ['two'])).toEqual({ text: 'one ', match: 'two' });
    expect(feed(['one two three'], ['two'], true)).toEqual({ text: 'one two', match: 'two' });
  });

  test('any way of cutting the text gives the same result', () => {
    const text = 'aab aabaa abab <|end|> rest';
    for (const stops of [['aabaa'], ['abab', '<|end|>'], ['<|end|>', '<|e'], ['nothing'], ['b ', 'ab a']]) {
      const whole = feed([text], stops);
      for (let seed = 1; seed < 60; seed++) expect({ stops, ...feed(cut(text, seed), stops) }).toEqual({ stops, ...whole });
    }
  });

  test('hold back only what may still become one', () => {
    const matcher = new StopMatcher(['STOP'], false);
    expect(matcher.push('go ST')).toEqual({ text: 'go ', match: undefined });
    expect(matcher.push('AY')).toEqual({ text: 'STAY', match: undefined });
  });

  test('what was held back comes out at the end', () => {
    expect(feed(['wait S', 'TO'], ['STOP'])).toEqual({ text: 'wait STO', match: undefined });
  });
});

function cut(text: string, seed: number): string[] {
  const pieces: string[] = [];
  for (let at = 0, state = seed; at < text.length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const length = 1 + (state % 4);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
