import { expect, test } from '@jest/globals';
import { DryVocabulary } from './dry-vocabulary.ts';

const TEXTS = ['a', 'b', 'ab', '\n', 'x\ny', '::', 'c:', '<', '</', 'done', '/d', 'd'];
const vocabulary = new DryVocabulary({
  tokenBytes: TEXTS.map((text) => Buffer.from(text)),
  // Greedy, as far as the test needs it.
  encode(text) {
    const tokens: number[] = [];
    for (let rest = text; rest !== '';) {
      const token = TEXTS.findLastIndex((each) => rest.startsWith(each) && each.length <= 2);
      tokens.push(token);
      rest = rest.slice(TEXTS[token]?.length ?? 1);
    }
    return tokens;
  },
});
const id = (text: string): number => TEXTS.indexOf(text);

test('every token that has the text in it is a breaker', () => {
  const breakers = vocabulary.breakers(['\n', ':']);
  expect(TEXTS.filter((_, token) => breakers.isBreaker(token))).toEqual(['\n', 'x\ny', '::', 'c:']);
});

test('a token that begins the text is one when the rest follows', () => {
  const breakers = vocabulary.breakers(['</d']);
  expect(TEXTS.some((_, token) => breakers.isBreaker(token))).toBe(false);
  expect(breakers.endsWith([id('a'), id('<'), id('/d')])).toBe(true);
  expect(breakers.endsWith([id('</'), id('d')])).toBe(true);
  expect(breakers.endsWith([id('<'), id('d')])).toBe(false);
});

test('tokens beside each other do not make up a text', () => {
  // 'a' and 'b' stand side by side in the vocabulary.
  const breakers = vocabulary.breakers(['ab']);
  expect(breakers.isBreaker(id('ab'))).toBe(true);
  expect(breakers.isBreaker(id('a'))).toBe(false);
  expect(breakers.endsWith([id('a'), id('b')])).toBe(true);
});
