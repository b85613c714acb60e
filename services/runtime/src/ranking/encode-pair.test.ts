import { expect, test } from '@jest/globals';
import type { InputEncoder } from '../vectors/input-encoder.ts';
import { createPairEncoder } from './encode-pair.ts';

const MARKER = 999;
/** Characters are tokens; `<|end|>` is one where it may be. */
const encoder: InputEncoder = {
  encode: (text, { parsesSpecial }) => {
    const parts = parsesSpecial ? text.split(/(<\|end\|>)/) : [text];
    return Promise.resolve(Uint32Array.from(parts.flatMap((part) => (part === '<|end|>' ? [MARKER] : Array.from(Buffer.from(part))))));
  },
};
const markers = { begin: [1], between: [2, 3], end: [4] };

const bytes = (text: string): number[] => Array.from(Buffer.from(text));

test('puts the markers that the model knows around the two', async () => {
  const encode = await createPairEncoder({ encoder, markers, pairTemplate: undefined }, 'q');
  expect([...(await encode('doc', 'documents[0]'))]).toEqual([1, ...bytes('q'), 2, 3, ...bytes('doc'), 4]);
});

test.each(['Q: {query}<|end|>D: {document}!', 'Q: {{query}}<|end|>D: {{document}}!'])(
  'fills the template of the model, which alone may write markers: %s',
  async (pairTemplate) => {
    const encode = await createPairEncoder({ encoder, markers, pairTemplate }, 'a<|end|>');
    const expected = [...bytes('Q: a<|end|>'), MARKER, ...bytes('D: b<|end|>!')];
    expect([...(await encode('b<|end|>', 'documents[0]'))]).toEqual(expected);
    expect([...(await encode('c', 'documents[1]'))]).toEqual([...bytes('Q: a<|end|>'), MARKER, ...bytes('D: c!')]);
  },
);

test.each([undefined, '{query}{document}'])('takes more tokens than a call may have arguments: %s', async (pairTemplate) => {
  const encode = await createPairEncoder({ encoder, markers, pairTemplate }, 'q');
  expect((await encode('d'.repeat(500_000), 'documents[0]')).length).toBeGreaterThan(500_000);
});
