import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { byteTokenizer } from '../test-support/byte-tokenizer.ts';
import { Chat, type ChatTurn } from './chat.ts';
import type { ChatMessage } from './chat-history.ts';
import { PromptReader } from './prompt-reader.ts';
import { compileChatTemplate } from './chat-template.ts';
import { detectToolFormat } from './tools/tool-syntaxes.ts';

type Expected = {
  readonly format: string;
  /** How the first of the calls is written. */
  readonly call: string;
  readonly callsMax: number;
  /** How the model is shown what it thought before it called something; undefined where it is not. */
  readonly thoughts?: string;
};

const HERMES_CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city":"Rome"}}\n</tool_call>';

const TEMPLATES: Record<string, Expected> = {
  qwen3: { format: 'hermes', call: HERMES_CALL, callsMax: 64, thoughts: '<think>\nRome first.\n</think>\n\n<tool_call>' },
  'mistral-nemo': {
    format: 'mistral',
    call: '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Rome"}, "id": "',
    callsMax: 64,
  },
  'deepseek-r1': {
    format: 'deepseek',
    call: '<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city":"Rome"}\n```<｜tool▁call▁end｜>',
    callsMax: 64,
  },
  'deepseek-v3.1': {
    format: 'deepseek',
    call: '<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Rome"}<｜tool▁call▁end｜>',
    callsMax: 64,
  },
  'phi-3.5': { format: 'none', call: HERMES_CALL, callsMax: 64 },
  'functionary-3.1': { format: 'functionary', call: '<function=get_weather>{"city": "Rome"}</function>', callsMax: 64 },
  'like-llama-3.2': { format: 'llama3', call: '{"name": "get_weather", "parameters": {"city": "Rome"}}', callsMax: 1 },
  'like-phi-4-mini': {
    format: 'phi',
    call: '<|tool_call|>[{"name": "get_weather", "arguments": {"city":"Rome"}}',
    callsMax: 64,
  },
  'like-gpt-oss': {
    format: 'gpt-oss',
    call: 'to=functions.get_weather<|channel|>commentary json<|message|>{"city": "Rome"}<|call|>',
    callsMax: 1,
    thoughts: '<|channel|>analysis<|message|>Rome first.<|end|>',
  },
  'like-functionary-3.2': { format: 'functionary', call: '>>>get_weather\n{"city":"Rome"}', callsMax: 64 },
};

const TOOL = {
  type: 'function',
  function: { name: 'get_weather', description: 'Tells it.', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const QUESTION: ChatMessage = { role: 'user', content: 'What is the weather?' };
const call = (id: string, city: string): object => ({
  id,
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
});
const ROME = call('call_aaaaaaaaaaaaaaaaaaaaaaaa', 'Rome');
const OSLO = call('call_bbbbbbbbbbbbbbbbbbbbbbbb', 'Oslo');
const calling = (...calls: object[]): ChatMessage => ({ role: 'assistant', content: '', tool_calls: calls });
const sunny: ChatMessage = { role: 'tool', content: 'sunny', tool_call_id: 'call_aaaaaaaaaaaaaaaaaaaaaaaa' };
const rainy: ChatMessage = { role: 'tool', content: 'rainy', tool_call_id: 'call_bbbbbbbbbbbbbbbbbbbbbbbb' };

describe.each(Object.entries(TEMPLATES))('the template of %s', (name, expected) => {
  const source = readFileSync(new URL(`../test-support/templates/${name}.jinja`, import.meta.url), 'utf8');
  const chat = new Chat({
    tokenizer: byteTokenizer,
    template: compileChatTemplate(source, byteTokenizer),
    reader: new PromptReader(byteTokenizer, 100_000),
  });
  const begin = (...messages: ChatMessage[]): ChatTurn => chat.begin({ messages, tools: [TOOL], extra: {} });
  const promptOf = (...messages: ChatMessage[]): string => byteTokenizer.decode(begin(...messages).prompt);

  test('shows its tools, in a format that is known', () => {
    expect(detectToolFormat(source)).toBe(expected.format);
    expect(promptOf(QUESTION)).toContain('get_weather');
    expect(promptOf(QUESTION)).toContain('city');
    expect(begin(QUESTION).plan.callsMax).toBe(expected.callsMax);
  });

  test('shows a call as the model writes it, and its result after it', () => {
    const prompt = promptOf(QUESTION, calling(ROME), sunny);
    expect(prompt).toContain(expected.call);
    expect(prompt.indexOf('sunny')).toBeGreaterThan(prompt.indexOf(expected.call));
    const parts = [QUESTION.content, expected.call, 'sunny'];
    expect(parts.map((part) => prompt.split(part).length - 1)).toEqual([1, 1, 1]);
  });

  test('shows both of two calls and their results, also beside content', () => {
    for (const content of ['', 'Both.']) {
      const answer: ChatMessage = { role: 'assistant', content: 'Well.' };
      const next: ChatMessage = { role: 'user', content: 'So?' };
      const prompt = promptOf(QUESTION, { ...calling(ROME, OSLO), content }, sunny, rainy, answer, next);
      expect(['Rome', 'Oslo', 'sunny', 'rainy', 'Well.', 'So?'].filter((part) => !prompt.includes(part))).toEqual([]);
    }
  });

  test('shows thoughts before a call where the family has them', () => {
    const thoughtful = { ...calling(ROME), reasoning_content: 'Rome first.' };
    const prompt = promptOf(QUESTION, thoughtful, sunny);
    expect(prompt.includes('Rome first.')).toBe(expected.thoughts !== undefined);
    expect(prompt).toContain(expected.thoughts ?? '');
    expect(promptOf(QUESTION, { ...thoughtful, content: 'Now.' }, sunny)).toContain('sunny');
  });
});
