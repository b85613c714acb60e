import { describe, expect, test } from '@jest/globals';
import { GREEDY } from '../engine/greedy.ts';
import { createHarness, END, faultCode } from './scheduler.harness.ts';

const sampling = { ...GREEDY, banEndOfGeneration: false };
const JSON_FORM = { param: 'response_format', isLostByStops: true };
/** Nothing may follow its one token, not even the end. */
const DEAD_END = { gbnf: '50 -1' };

/** Holds all text back until it ends. */
const heldText = (stopAt?: number) => {
  let held = '';
  return {
    push(token: number) {
      held += `${token} `;
      return token === stopAt ? { text: held, match: `${token}` } : { text: '', match: undefined };
    },
    flush: () => ({ text: held, match: undefined }),
  };
};

describe('an output of a form', () => {
  test('that a stop string or a stop token cuts ends as one that is too long', async () => {
    const { submit } = createHarness({ engine: { next: () => 50 } });
    for (const stop of [{ text: heldText(50) }, { stopTokenIds: new Set([50]) }]) {
      expect(faultCode(await submit({ ...stop, form: JSON_FORM }).ended)).toBe('finished LENGTH');
      expect(faultCode(await submit({ ...stop, text: heldText('text' in stop ? 50 : undefined) }).ended)).toMatch(/^finished STOP_/);
    }
  });

  test('keeps its end where the form is a pattern that stops are a part of', async () => {
    const { submit } = createHarness({ engine: { next: () => 50 } });
    const ended = await submit({ text: heldText(50), form: { param: 'guided_regex', isLostByStops: false } }).ended;
    expect(faultCode(ended)).toBe('finished STOP_STRING');
  });

  test('that cannot be gone on with is refused by name: the bias, or else what asks for the form', async () => {
    const { submit } = createHarness();
    const request = { form: JSON_FORM, sampling: { ...sampling, grammar: DEAD_END } };
    expect(await submit(request).ended).toMatchObject({ fault: { code: 'UNSUPPORTED_VALUE', param: 'response_format' } });
    const biased = { ...request, sampling: { ...request.sampling, logitBias: new Map([[51, -Infinity]]) } };
    expect(await submit(biased).ended).toMatchObject({ fault: { code: 'UNSUPPORTED_VALUE', param: 'logit_bias' } });
  });
});

test.each([
  ['the end of generation', {}],
  ['a stop token', { stopTokenIds: new Set([END]), ignoreEos: true, sampling: { ...GREEDY, banEndOfGeneration: false, logprobs: 1 } }],
])('the token that ends an answer has no log probability: %s', async (_name, more) => {
  const { submit } = createHarness({ engine: { next: (history) => (history.length < 11 ? 50 : END) } });
  const watched = submit({ sampling: { ...sampling, logprobs: 1 }, text: heldText(), ...more });
  await watched.ended;
  const logprobs = watched.events.flatMap((event) => (event.kind === 'delta' ? (event.logprobs ?? []) : []));
  expect(watched.tokens()).toEqual([50, 50, 50]);
  expect(logprobs.map(({ tokenId }) => tokenId)).toEqual([50, 50, 50]);
});
