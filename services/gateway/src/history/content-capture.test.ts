import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../http/exchange.ts';
import { AnswerChoices } from '../inference/answer-choices.ts';
import type { TokenSink } from '../inference/token-sink.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { captureInput, captureOutput, toRequestContent } from './content-capture.ts';

const SINK: TokenSink = { queued: () => {}, started: () => {}, delta: () => {}, detailed: () => {}, choiceEnd: () => {}, flush: () => {} };

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
    const sink = captureOutput({ ...SINK, delta: (text) => void texts.push(text) }, exchange);
    for (const text of ['Hel', 'lo “', 'you”']) sink.delta(text, 0);
    expect(texts).toEqual(['Hel', 'lo “', 'you”']);
    expect(exchange.content && toRequestContent(exchange.content)).toEqual({
      input: '{"prompt":"hi","temperature":0.5}',
      output: 'Hello “you”',
    });
  });

  test('is every answer with its reasoning and its calls, where there is more than one text', () => {
    const exchange = exchangeOf({ storesContent: true });
    captureInput(exchange, {});
    const sink = captureOutput(SINK, exchange);
    sink.delta('It is ', 0);
    sink.detailed('', 1, { reasoning: 'Which city?', toolCalls: [], logprobs: [], isEcho: false });
    sink.detailed('', 1, {
      reasoning: '',
      toolCalls: [{ index: 0, id: 'call_1', name: 'ask', arguments: '{}' }],
      logprobs: [],
      isEcho: false,
    });
    sink.delta('warm.', 0);
    expect(JSON.parse(toRequestContent(exchange.content ?? { input: null, output: said('') }).output)).toEqual([
      { content: 'It is warm.' },
      { content: '', reasoning_content: 'Which city?', tool_calls: [{ id: 'call_1', name: 'ask', arguments: '{}' }] },
    ]);
  });

  test('is cut where it is too long, and says so', () => {
    const long = 'x'.repeat(300_000);
    const exchange = exchangeOf({ storesContent: true });
    captureInput(exchange, { prompt: long });
    const sink = captureOutput(SINK, exchange);
    for (let i = 0; i < 10; i++) sink.delta(long, 0);
    expect(exchange.content?.output.all[0]?.text.length).toBeLessThan(600_001);
    const { input, output } = toRequestContent(exchange.content ?? { input: null, output: said('') });
    expect(JSON.parse(input)).toEqual({ cut: true, text: expect.stringMatching(/^\{"prompt":"x+$/) });
    expect(output).toMatch(/^x{262144}\n\[cut\]$/);
    expect(input.length).toBeLessThan(262_144 + 100);
  });

  test('is whole at exactly the limit', () => {
    const output = 'x'.repeat(262_144);
    expect(toRequestContent({ input: {}, output: said(output) }).output).toBe(output);
  });

  test('holds nothing that Postgres refuses, and else what was said', () => {
    const asked = { a: 'nul \0 byte', b: 'half \ud800 pair', c: String.raw`not one: \u0000 \ud800`, d: 'whole 😀', 'k\0ey': 1 };
    const { input, output } = toRequestContent({ input: asked, output: said('nul \0 half \udc00 whole 😀') });
    expect(JSON.parse(input)).toEqual({ ...asked, a: 'nul \ufffd byte', b: 'half \ufffd pair', 'k\0ey': undefined, 'k\ufffdey': 1 });
    expect(output).toBe('nul \ufffd half \ufffd whole 😀');
  });
});

function said(text: string): AnswerChoices {
  const choices = new AnswerChoices();
  choices.delta(text, 0);
  return choices;
}

function exchangeOf(change: { storesContent: boolean }): Exchange {
  return { key: keySnapshot(change), content: undefined } as Partial<Exchange> as Exchange;
}
