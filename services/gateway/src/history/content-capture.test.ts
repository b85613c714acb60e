import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../http/exchange.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { captureInput, captureOutput, toRequestContent } from './content-capture.ts';

const SINK = { delta: () => {}, flush: () => {} };

describe('content of a request', () => {
  test('is not kept unless the project stores it, and costs its tokens nothing', () => {
    const exchange = exchangeOf({ storesContent: false });
    captureInput(exchange, { prompt: 'secret' });
    expect(exchange.content).toBeUndefined();
    expect(captureOutput(SINK, exchange)).toBe(SINK);
  });

  test('is the body as it was sent, and the text as it came', () => {
    const exchange = exchangeOf({ storesContent: true });
    const texts: string[] = [];
    captureInput(exchange, { prompt: 'hi', temperature: 0.5 });
    const sink = captureOutput({ delta: (text) => texts.push(text), flush: () => {} }, exchange);
    for (const text of ['Hel', 'lo “', 'you”']) sink.delta(text);
    expect(texts).toEqual(['Hel', 'lo “', 'you”']);
    expect(exchange.content && toRequestContent(exchange.content)).toEqual({
      input: '{"prompt":"hi","temperature":0.5}',
      output: 'Hello “you”',
    });
  });

  test('is cut where it is too long, and says so', () => {
    const long = 'x'.repeat(300_000);
    const exchange = exchangeOf({ storesContent: true });
    captureInput(exchange, { prompt: long });
    const sink = captureOutput(SINK, exchange);
    for (let i = 0; i < 10; i++) sink.delta(long);
    expect(exchange.content?.output.length).toBeLessThan(600_001);
    const { input, output } = toRequestContent(exchange.content ?? { input: null, output: '' });
    expect(JSON.parse(input)).toEqual({ cut: true, text: expect.stringMatching(/^\{"prompt":"x+$/) });
    expect(output).toMatch(/^x{262144}\n\[cut\]$/);
    expect(input.length).toBeLessThan(262_144 + 100);
  });

  test('is whole at exactly the limit', () => {
    const output = 'x'.repeat(262_144);
    expect(toRequestContent({ input: {}, output }).output).toBe(output);
  });

  test('holds nothing that Postgres refuses, and else what was said', () => {
    const said = { a: 'nul \0 byte', b: 'half \ud800 pair', c: String.raw`not one: \u0000 \ud800`, d: 'whole 😀', 'k\0ey': 1 };
    const { input, output } = toRequestContent({ input: said, output: 'nul \0 half \udc00 whole 😀' });
    expect(JSON.parse(input)).toEqual({ ...said, a: 'nul \ufffd byte', b: 'half \ufffd pair', 'k\0ey': undefined, 'k\ufffdey': 1 });
    expect(output).toBe('nul \ufffd half \ufffd whole 😀');
  });
});

function exchangeOf(change: { storesContent: boolean }): Exchange {
  return { key: keySnapshot(change), content: undefined } as Partial<Exchange> as Exchange;
}
