import { describe, expect, test } from '@jest/globals';
import { gather } from '../test-support/answers.ts';
import { AnswerFormat, type AnswerPlan } from './answer-format.ts';
import { USUAL_MARKS } from './reasoning/thought-marks.ts';
import type { ThoughtMarks } from './reasoning/thought-marks.ts';
import type { Tokenizer } from './tokenizer.ts';
import { gptOss } from './tools/gpt-oss.ts';
import { hermes } from './tools/hermes.ts';
import type { ConstraintSource } from '../constraint/output-source.ts';
import type { ToolSyntax } from './tools/tool-syntax.ts';

const CONTROL = [
  '<|channel|>',
  '<|message|>',
  '<|end|>',
  '<|start|>',
  '<|call|>',
  '<tool_call>',
  '</tool_call>',
  '<think>',
  '</think>',
  '<|im_end|>',
];

/** One token a byte, and a few control tokens, so that every longer character is split over tokens. */
const tokenizer: Pick<Tokenizer, 'tokenBytes' | 'controlTexts' | 'encodeMore'> = {
  tokenBytes: [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), ...CONTROL.map(() => new Uint8Array(0))],
  controlTexts: new Map(CONTROL.map((text, i) => [256 + i, text])),
  encodeMore: (text) => Uint32Array.from(encode(text)),
};

function encode(text: string): number[] {
  return text
    .split(new RegExp(`(${CONTROL.map((marker) => marker.replaceAll('|', String.raw`\|`)).join('|')})`))
    .flatMap((part) => (CONTROL.includes(part) ? [256 + CONTROL.indexOf(part)] : Array.from(Buffer.from(part))));
}

type Parts = {
  syntax?: ToolSyntax;
  marks?: ThoughtMarks;
  stop?: string[];
  includeStop?: boolean;
  minTokens?: number;
  constraint?: ConstraintSource;
  plan?: Partial<AnswerPlan>;
  after?: string[];
};

/** What the tokens of a text become; what is forced comes in place of the next tokens, and then `after` once or more. */
function read(
  text: string,
  { syntax, marks, stop = [], includeStop = false, minTokens = 0, constraint, plan = {}, after = ['answer'] }: Parts,
) {
  const format = new AnswerFormat(tokenizer as Tokenizer, { syntax, marks });
  const sink = format.open(
    { tools: new Set(['get_time']), callsMax: 64, thoughts: 'possible', reasoningTokensMax: undefined, ...plan },
    { stop, includeStop, minTokens },
    constraint,
  );
  const waiting = encode(text);
  const outputs = [];
  const afterwards = [...after];
  let untilForced = 1;
  for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
    // What was said of the tokens to come holds, however many of them have come.
    untilForced = Math.max(untilForced - 1, sink.tokensUntilForced ?? Infinity);
    const output = sink.push(token);
    outputs.push(output);
    if (output.forcedTokens) expect(untilForced).toBeLessThanOrEqual(1);
    if (output.forcedTokens) waiting.splice(0, waiting.length, ...output.forcedTokens, ...encode(afterwards.shift() ?? ''));
    if (output.match !== undefined || output.isComplete) return { ...gather(outputs), reasoningTokens: sink.reasoningTokens };
  }
  outputs.push(sink.flush());
  return { ...gather(outputs), reasoningTokens: sink.reasoningTokens };
}

const CALL = '<tool_call>\n{"name": "get_time", "arguments": {"city": "Zürich 🦊"}}\n</tool_call>';

describe('the text of an answer', () => {
  test('has thoughts, content and calls out of characters split over tokens', () => {
    expect(read(`<think>\nà la 日本\n</think>\n\nÜber 🦊.\n${CALL}`, { syntax: hermes, marks: USUAL_MARKS })).toMatchObject({
      reasoning: 'à la 日本',
      content: 'Über 🦊.',
      calls: [{ name: 'get_time', arguments: '{"city": "Zürich 🦊"}' }],
    });
  });

  test('shows no control token that means nothing to its format', () => {
    expect(read('one<|im_end|><|channel|> two', { syntax: hermes }).content).toBe('one two');
  });

  test('an unfinished character before a marker is not lost', () => {
    const format = new AnswerFormat(tokenizer as Tokenizer, { syntax: hermes, marks: undefined });
    const sink = format.open(
      { tools: new Set(['get_time']), callsMax: 64, thoughts: 'closed', reasoningTokensMax: undefined },
      { stop: [], includeStop: false },
    );
    const tokens = [0xe6, ...encode('<tool_call>{"name": "get_time", "arguments": {}}')];
    expect(gather([...tokens.map((token) => sink.push(token)), sink.flush()])).toMatchObject({
      content: '\uFFFD',
      calls: [{ arguments: '{}' }],
    });
  });

  test('keeps the space that a constraint begins with, and no line breaks before it', () => {
    const constraint = { kind: 'choices', texts: [' yes'] } as const;
    for (const lines of ['', '\n', '\n\n\n\n'])
      expect(read(`<think>so</think>${lines} yes`, { marks: USUAL_MARKS, constraint }).content).toBe(' yes');
    expect(read('<think>so</think>\n\n\n\n\n yes', { marks: USUAL_MARKS, constraint }).content).toBe('\n yes');
    expect(read('<think>so</think>\n {}', { marks: USUAL_MARKS, constraint: { kind: 'jsonObject' } }).content).toBe('{}');
  });

  test('ends at no stop string before the least number of tokens', () => {
    const text = '<think>so</think>one END two END three';
    const least = encode('<think>so</think>one END').length;
    const format = { syntax: hermes, marks: USUAL_MARKS, stop: ['END'] };
    expect(read(text, { ...format, minTokens: least })).toMatchObject({ content: 'one END two ', match: 'END' });
    expect(read(text, { ...format, minTokens: least - 1 })).toMatchObject({ content: 'one ', match: 'END' });
  });

  test('ends at a stop string in the content, and not at one in thoughts or arguments', () => {
    const text = `<think>END</think>one ${CALL.replace('Zürich', 'END')} two END three`;
    expect(read(text, { syntax: hermes, marks: USUAL_MARKS, stop: ['END'] })).toMatchObject({
      reasoning: 'END',
      content: 'onetwo ',
      match: 'END',
      calls: [{ arguments: '{"city": "END 🦊"}' }],
    });
    expect(read('one END two', { syntax: hermes, stop: ['END'], includeStop: true }).content).toBe('one END');
  });

  test('what a stop string held back comes before a call', () => {
    expect(read(`one EN${CALL}`, { syntax: hermes, stop: ['END'] })).toMatchObject({ content: 'one EN', calls: [{ name: 'get_time' }] });
  });

  test('white space before a call belongs to neither, and at the end it stays', () => {
    expect(read(`one\n\n${CALL}\n${CALL}\n`, { syntax: hermes }).content).toBe('one');
    expect(read('one \n', { syntax: hermes }).content).toBe('one \n');
    expect(read(' one \n', { syntax: hermes, plan: { tools: new Set() } }).content).toBe(' one \n');
  });

  test('thoughts that are cut off stay thoughts', () => {
    expect(read('<think>so far </thi', { marks: USUAL_MARKS })).toMatchObject({ reasoning: 'so far </thi', content: '' });
    expect(read('so far', { marks: USUAL_MARKS, plan: { thoughts: 'open' } })).toMatchObject({ reasoning: 'so far', content: '' });
  });

  test('thoughts that the prompt has ended are content', () => {
    expect(read('<think>x</think>', { marks: USUAL_MARKS, plan: { thoughts: 'closed', tools: new Set() } }).content).toBe('x');
    expect(read('plain', { marks: USUAL_MARKS, plan: { thoughts: 'closed' } })).toMatchObject({ content: 'plain', reasoning: '' });
  });

  test('counts the tokens of thoughts', () => {
    expect(read('<think>12345</think>67', { marks: USUAL_MARKS }).reasoningTokens).toBe(5);
    expect(read('12345</think>67', { marks: USUAL_MARKS, plan: { thoughts: 'open' } }).reasoningTokens).toBe(5);
    expect(read('67', { marks: USUAL_MARKS }).reasoningTokens).toBe(0);
  });

  test('ends thoughts at their bound, once', () => {
    const bounded = read('<think>1234567890', { marks: USUAL_MARKS, plan: { reasoningTokensMax: 4 } });
    expect(bounded).toMatchObject({ reasoning: '1234', content: 'answer' });
    const none = read('<think>1234567890', { marks: USUAL_MARKS, plan: { reasoningTokensMax: 0 } });
    expect(none).toMatchObject({ reasoning: '', content: 'answer' });
    const within = read('<think>12</think>1234567890', { marks: USUAL_MARKS, plan: { reasoningTokensMax: 4 } });
    expect(within).toMatchObject({ reasoning: '12', content: '1234567890' });
  });

  test('of gpt-oss has its channels told apart, and its analysis bounded', () => {
    const text = '<|channel|>analysis<|message|>hm, 日本<|end|><|start|>assistant<|channel|>final<|message|>Yes.';
    expect(read(text, { syntax: gptOss })).toMatchObject({ reasoning: 'hm, 日本', content: 'Yes.', reasoningTokens: 10 });
    expect(read(text, { syntax: gptOss, plan: { tools: new Set() } })).toMatchObject({ reasoning: 'hm, 日本', content: 'Yes.' });
    const call = '<|channel|>commentary to=functions.get_time<|message|>{}<|call|>';
    expect(read(text, { syntax: gptOss, plan: { reasoningTokensMax: 3 }, after: [call] })).toMatchObject({
      reasoning: 'hm,',
      calls: [{ name: 'get_time' }],
    });
    const again = ['<|channel|>analysis<|message|>But 1234', 'answer'];
    expect(read(text, { syntax: gptOss, plan: { reasoningTokensMax: 3 }, after: again })).toMatchObject({
      reasoning: 'hm,',
      content: 'answer',
    });
  });
});
