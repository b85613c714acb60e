import { expect, test } from '@jest/globals';
import type { VectorModel } from '../vectors/vector-model.ts';
import { encodeInput } from './encode-input.ts';

/** Characters are tokens. */
const model: Pick<VectorModel, 'encoder' | 'markers' | 'vocabularySize'> = {
  encoder: { encode: (text) => Promise.resolve(Uint32Array.from(Buffer.from(text))) },
  markers: { begin: [1], between: [], end: [2] },
  vocabularySize: 256,
};

test('puts the markers around a text, and none around token ids', async () => {
  expect([...(await encodeInput(model, { text: 'hi' }, 'input'))]).toEqual([1, 104, 105, 2]);
  expect([...(await encodeInput(model, { tokenIds: { ids: [7] } }, 'input'))]).toEqual([7]);
});

test('takes more tokens than a call may have arguments, so that who is too long hears how long', async () => {
  expect(await encodeInput(model, { text: 'd'.repeat(500_000) }, 'input')).toHaveLength(500_002);
});
