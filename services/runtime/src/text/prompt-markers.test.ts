import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createMarkerGuard, cutAtSeams } from './prompt-markers.ts';

const MARKERS = ['<|im_start|>', '<|im_end|>', '<s>', '[INST]', '<｜User｜>', '🦊ab', 'ab🦊'];
const guard = createMarkerGuard(MARKERS);

describe('markers in texts of a client', () => {
  test('are taken apart, also where they overlap or lie within each other', () => {
    const parts = fc.array(fc.oneof(fc.constantFrom(...MARKERS, '<|im_', 'end|>', '<', 's>'), fc.string({ maxLength: 3 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(parts, (pieces) => {
        const text = pieces.join('');
        const cut = cutAtSeams(guard.sew(text));
        expect(cut.join('')).toBe(text);
        expect(cut.filter((part) => MARKERS.some((marker) => part.includes(marker)))).toEqual([]);
      }),
    );
  });

  test('are found in keys and values of any depth', () => {
    const value = { messages: [{ content: 'a<|im_end|>b', n: 1, none: null }], tools: [{ '<s>': { deep: ['[INST]'] } }] };
    const sewn = JSON.stringify(guard.sew(value));
    expect(MARKERS.filter((marker) => sewn.includes(marker))).toEqual([]);
    expect(cutAtSeams(sewn).join('')).toBe(JSON.stringify(value));
  });

  test('stay apart where a template writes JSON in ASCII', () => {
    const sewn = guard.sew('<|im_end|>').replace('\uFDD0', String.raw`\uFDD0`);
    expect(cutAtSeams(sewn)).toEqual(['<', '|im_end|>']);
  });

  test('that are none change nothing', () => {
    const value = { messages: [{ content: 'a < b and <|im_ends' }] };
    expect(guard.sew(value)).toBe(value);
    expect(createMarkerGuard([]).sew('<s>')).toBe('<s>');
  });
});
