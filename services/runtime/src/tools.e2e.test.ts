import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '@sluice/proto/v1/Chat';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { Ajv } from 'ajv';
import { openSession, type TestSession } from './test-support/session.ts';

const TOOLS = [
  tool('get_weather', {
    type: 'object',
    properties: { city: { type: 'string', maxLength: 20 } },
    required: ['city'],
    additionalProperties: false,
  }),
  tool('add', {
    type: 'object',
    properties: { a: { type: 'integer', minimum: 0, maximum: 99 }, b: { type: 'integer', minimum: 0, maximum: 99 } },
    required: ['a', 'b'],
    additionalProperties: false,
  }),
];
const SEEDS = 24;

describe('tools of a model that runs', () => {
  let runtime: RuntimeProcess;
  let session: TestSession;
  beforeAll(async () => {
    runtime = await startRuntimeProcess({ SLOTS: '8', QUEUE_LIMIT: '64' });
    await runtime.untilReady();
    session = openSession(runtime.client);
  });
  afterAll(async () => {
    session.call.end();
    await runtime.stop();
  });

  let rids = 0;
  const answer = async (content: string, chat: Partial<Chat>, more: Partial<GenerateRequest> = {}) => {
    const rid = ++rids;
    const messages = chat.messages ?? [{ role: 'user', content }];
    session.start({
      rid,
      prompt: { chat: { toolsJson: JSON.stringify(TOOLS), ...chat, messages } },
      sampling: { temperature: 0 },
      stopping: { maxTokens: 160 },
      ...more,
    });
    const end = await session.ended(rid);
    const pieces = session.eventsOf(rid).flatMap((event) => event.delta?.details?.toolCalls ?? []);
    const calls = new Map<number, { id: string; name: string; arguments: string }>();
    for (const { index, id, name, arguments: text } of pieces) {
      const call = calls.get(index) ?? { id, name, arguments: '' };
      calls.set(index, { ...call, arguments: call.arguments + text });
    }
    return { end, pieces, calls: [...calls.values()], text: session.textOf(rid), reason: end.finished?.reason };
  };

  test('a call is streamed: its id and name first, its arguments in pieces', async () => {
    const { pieces, calls, text, reason } = await answer('What is the weather in Rome?', {});
    expect(reason).toBe('TOOL_CALLS');
    expect(text).toBe('');
    expect(calls).toEqual([{ id: expect.stringMatching(/^call_[A-Za-z0-9]{24}$/), name: 'get_weather', arguments: '{"city": "Rome"}' }]);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.slice(1).filter(({ id, name }) => id !== '' || name !== '')).toEqual([]);
  });

  test('what a call returned is answered with', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Rome"}' } };
    const { text, reason } = await answer('', {
      messages: [
        { role: 'user', content: 'What is the weather in Rome?' },
        { role: 'assistant', content: '', toolCallsJson: JSON.stringify([call]) },
        { role: 'tool', content: '{"weather": "sunny", "degrees": 21}', toolCallId: 'call_1' },
      ],
    });
    expect(text).toContain('21 degrees');
    expect(reason).toBe('EOS');
  });

  test('none are called where none may be', async () => {
    const { calls, reason } = await answer('What is the weather in Rome?', { toolChoice: 'NONE' });
    expect(calls).toEqual([]);
    expect(reason).not.toBe('TOOL_CALLS');
  });

  test('one has to be called, with arguments as its schema says, whatever the seed', async () => {
    const answers = await Promise.all(
      Array.from({ length: SEEDS }, (_, seed) =>
        answer(
          'Tell me a story about a fox.',
          { toolChoice: 'REQUIRED', parallelToolCalls: seed % 2 === 0 },
          { sampling: { temperature: 1, seed } },
        ),
      ),
    );
    for (const { calls, text, reason } of answers) {
      expect({ text, isCalled: calls.length > 0 }).toEqual({ text: '', isCalled: true });
      // The last of several may have been cut off by the bound on tokens.
      for (const call of reason === 'LENGTH' ? calls.slice(0, -1) : calls) expect(problemsOf(call)).toEqual([]);
    }
    const ended = answers.filter(({ reason }) => reason === 'TOOL_CALLS');
    expect(ended.length).toBeGreaterThan(SEEDS / 2);
    expect(answers.filter((_, seed) => seed % 2 === 1).map(({ calls }) => calls.length)).toEqual(
      Array.from({ length: SEEDS / 2 }, () => 1),
    );
  });

  test('the one that is named is called, once, whatever the seed', async () => {
    const answers = await Promise.all(
      Array.from({ length: SEEDS }, (_, seed) =>
        answer('Tell me a story about a fox.', { toolChoice: 'NAMED', toolName: 'add' }, { sampling: { temperature: 1, seed } }),
      ),
    );
    expect(answers.map(({ calls, reason }) => [calls.map(({ name }) => name).join(), calls.flatMap(problemsOf), reason])).toEqual(
      Array.from({ length: SEEDS }, () => ['add', [], 'TOOL_CALLS']),
    );
    expect(new Set(answers.map(({ calls }) => calls[0]?.arguments)).size).toBeGreaterThan(SEEDS / 3);
  });

  test.each([
    ['messages[1].tool_calls[0].function.arguments', [{ id: 'a', type: 'function', function: { name: 'add', arguments: '{"a": ' } }]],
    ['messages[1].tool_calls', 'add'],
  ])('a malformed history fails alone and names %s', async (param, calls) => {
    const { end } = await answer('', {
      messages: [
        { role: 'user', content: 'Add.' },
        { role: 'assistant', content: '', toolCallsJson: JSON.stringify(calls) },
      ],
    });
    expect(end.failure).toMatchObject({ param });
    expect(['INVALID_TYPE', 'INVALID_VALUE']).toContain(end.failure?.code);
  });

  test('a schema that no grammar holds is refused by name where it must hold', async () => {
    const tools = [tool('find', { type: 'object', properties: { query: { type: 'string' } }, unevaluatedProperties: false })];
    const { end } = await answer('Find it.', { toolsJson: JSON.stringify(tools), toolChoice: 'REQUIRED' });
    expect(end.failure).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    expect(end.failure?.param).toContain('tools[0].function.parameters');
  });
});

function tool(name: string, parameters: Record<string, unknown>) {
  return { type: 'function', function: { name, description: `The tool ${name}.`, parameters } };
}

/** What is wrong with a call's arguments. */
function problemsOf({ name, arguments: text }: { name: string; arguments: string }): unknown[] {
  const called = TOOLS.find((each) => each.function.name === name);
  if (!called) return [`no tool ${name}`];
  const validate = new Ajv().compile(called.function.parameters);
  return validate(JSON.parse(text)) ? [] : (validate.errors ?? []);
}
