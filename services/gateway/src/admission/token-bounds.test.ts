import { expect, test } from '@jest/globals';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { UNLIMITED } from '../keys/policy.ts';
import { toTokenBounds } from './token-bounds.ts';

const ASKED = { key: keySnapshot(), bodyBytes: 400, maxTokens: undefined, answers: 1, prompts: 1, contextTokens: 1_000 };

test('a generation may take its body, a template and what is left of the context', () => {
  expect(toTokenBounds(ASKED)).toEqual({ promptGuess: 100, promptMax: 656, output: 999, outputGuess: 999 });
});

test('texts that get no answer take themselves and the markers around each, and no output', () => {
  const texts = { ...ASKED, maxTokens: 0, answers: 0, prompts: 10, markerTokensMax: 4 };
  expect(toTokenBounds(texts)).toEqual({ promptGuess: 100, promptMax: 440, output: 0, outputGuess: 0 });
});

test('each of several texts may fill a context, and no more than the tier lets it', () => {
  const large = { ...ASKED, bodyBytes: 1_000_000, answers: 0, prompts: 3, markerTokensMax: 4 };
  expect(toTokenBounds(large).promptMax).toBe(3_000);
  const key = keySnapshot({ policy: { ...UNLIMITED, contextTokensMax: 200 } });
  expect(toTokenBounds({ ...large, key }).promptMax).toBe(600);
});
