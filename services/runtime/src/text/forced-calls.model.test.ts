import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { writeOutputGrammar } from '../constraint/write-output-grammar.ts';
import type { LoadedModel } from '../models/load-model.ts';
import { GREEDY } from '../engine/greedy.ts';
import type { OutputPiece } from '../scheduler/generation.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { gather, type SplitAnswer } from '../test-support/answers.ts';
import { loadDemoModel, scheduleOn } from '../test-support/demo-model.ts';
import { Chat, type ChatOptions } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import { PromptReader } from './prompt-reader.ts';
import { compileChatTemplate } from './chat-template.ts';

const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 12 }, days: { type: 'integer', minimum: 1, maximum: 9 } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const TOOLS = ['get_weather', 'get_time'].map((name) => ({ type: 'function', function: { name, parameters: PARAMETERS } }));
const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n' }}";
const SEEDS = [1, 2, 3, 4, 5, 6];

/** Every format, and where it has several ways of writing calls, what stands in the template of each. */
const FORMATS: readonly (readonly [string, Partial<ChatOptions>, string])[] = [
  ['Hermes', { toolFormat: 'hermes' }, ''],
  ['Llama 3', { toolFormat: 'llama3' }, ''],
  ['Mistral', { toolFormat: 'mistral' }, ''],
  ['Mistral Small 3.1', { toolFormat: 'mistral' }, '[ARGS]'],
  ['Mistral Small 3.2', { toolFormat: 'mistral' }, '[CALL_ID][ARGS]'],
  ['DeepSeek V3', { toolFormat: 'deepseek' }, '```json'],
  ['DeepSeek V3.1', { toolFormat: 'deepseek' }, ''],
  ['Phi-4-mini', { toolFormat: 'phi' }, ''],
  ['Firefunction', { toolFormat: 'phi' }, 'functools'],
  ['Functionary 3.1', { toolFormat: 'functionary' }, ''],
  ['Functionary 3.2', { toolFormat: 'functionary' }, '>>>'],
  ['gpt-oss', { toolFormat: 'gpt-oss' }, ''],
];

describe('a call that must be made', () => {
  let model: LoadedModel;
  let scheduler: Scheduler;
  beforeAll(async () => {
    model = await loadDemoModel({ slots: 6, contextTokens: 1024, batchTokens: 256 });
    scheduler = scheduleOn(model);
  });
  afterAll(async () => {
    await scheduler.close();
    await model.engine.close();
  });

  const chatOf = (options: Partial<ChatOptions>, template: string): Chat => {
    const { tokenizer } = model;
    return new Chat({
      tokenizer,
      template: compileChatTemplate(template, tokenizer),
      reader: new PromptReader(tokenizer, 100_000),
      ...options,
    });
  };

  const answer = async (chat: Chat, request: Partial<ChatRequest>, seed: number): Promise<SplitAnswer & { reason: string }> => {
    const messages = [{ role: 'user', content: 'What is the weather in Rome?' }];
    const turn = chat.begin({ messages, tools: TOOLS, extra: {}, ...request });
    const source = turn.output(undefined);
    if (!source) throw new Error('nothing is forced');
    const grammar = await model.engine.compileGrammar(writeOutputGrammar(source));
    return new Promise((resolve, reject) => {
      const outputs: OutputPiece[] = [];
      scheduler.submit({
        prompt: turn.prompt,
        sampling: { ...GREEDY, temperature: 1, seed, grammar },
        maxTokens: 400,
        totalTokensMax: undefined,
        minTokens: 0,
        stopTokenIds: new Set(),
        ignoreEos: false,
        priority: 0,
        queueTimeoutMs: 60_000,
        text: turn.createText({ stop: [], includeStop: false }),
        outlet: {
          emit(event) {
            if (event.kind === 'delta') outputs.push({ ...event, match: undefined });
            if (event.kind === 'failed') reject(event.fault);
            if (event.kind === 'finished') resolve({ ...gather(outputs), reason: event.reason });
          },
          flush() {},
        },
      });
    });
  };

  const validate = new Ajv().compile(PARAMETERS);
  const expectCall = ({ calls, content, reason }: SplitAnswer & { reason: string }): void => {
    expect({ content, calls: calls.length, reason }).toEqual({ content: '', calls: 1, reason: 'TOOL_CALLS' });
    expect([validate(JSON.parse(calls[0]?.arguments ?? '')), calls[0]?.name]).toEqual([true, 'get_time']);
  };
  const named: Partial<ChatRequest> = { toolChoice: 'NAMED', toolName: 'get_time' };

  test.each(FORMATS)('is made in the format of %s, and understood', async (_name, options, sign) => {
    const chat = chatOf(options, `{# ${sign} #}${CHATML}`);
    // A model that was never taught to would think for ever.
    const answers = await Promise.all(SEEDS.map((seed) => answer(chat, { ...named, reasoningTokensMax: 8 }, seed)));
    for (const each of answers) expectCall(each);
    expect(new Set(answers.map(({ calls }) => calls[0]?.arguments)).size).toBeGreaterThan(1);
  });

  test('may be one of several', async () => {
    const chat = chatOf({ toolFormat: 'hermes' }, CHATML);
    const answers = await Promise.all(SEEDS.map((seed) => answer(chat, { toolChoice: 'REQUIRED', hasParallelCalls: false }, seed)));
    expect(answers.map(({ calls }) => calls.length)).toEqual(SEEDS.map(() => 1));
  });

  test.each([0, 1, 7])('is made after thoughts of %d tokens at most', async (reasoningTokensMax) => {
    const chat = chatOf({ toolFormat: 'hermes', reasoningFormat: 'think' }, `${CHATML}{{ '<think>\\n' }}`);
    const answers = await Promise.all(SEEDS.map((seed) => answer(chat, { ...named, reasoningTokensMax }, seed)));
    for (const each of answers) expectCall(each);
    const thoughtful = answers.filter(({ reasoning }) => reasoning !== '').length;
    expect(thoughtful > 0).toBe(reasoningTokensMax > 0);
  });

  test.each([
    ['begun', "{{ '<think>\\n' }}", { begin: '<think>', end: '</think>', isOpen: true }],
    ['not begun', '', { begin: '<think>', end: '</think>', isOpen: false }],
    ['ended', "{{ '<think></think>' }}", undefined],
  ])('leaves room for thoughts that the prompt has %s', (_how, opening, thoughts) => {
    const chat = chatOf({ toolFormat: 'hermes', reasoningFormat: 'think' }, `${CHATML}${opening}`);
    expect(chat.begin({ messages: [], tools: TOOLS, extra: {}, ...named }).output(undefined)).toMatchObject({ thoughts });
  });
});
