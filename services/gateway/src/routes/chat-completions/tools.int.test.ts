import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { remembering, sayPieces } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const USER = { role: 'user' as const, content: 'How warm is it in Oslo and in Rome?' };
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS = [{ type: 'function' as const, function: { name: 'warmth', description: 'Degrees.', parameters: PARAMETERS } }];
const BODY = { model: 'scripted', messages: [USER], tools: TOOLS };

/** Two calls, as a worker cuts them. */
const twoCalls: Script = sayPieces(
  [
    { toolCalls: [{ index: 0, id: 'call_a', name: 'warmth', arguments: '' }] },
    { toolCalls: [{ index: 0, arguments: '{"city":' }] },
    { toolCalls: [{ index: 0, arguments: '"Oslo"}' }] },
    { toolCalls: [{ index: 1, id: 'call_b', name: 'warmth', arguments: '{"city":"Rome"}' }] },
  ],
  (run) => run.finish('TOOL_CALLS'),
);
const CALLS = [
  { id: 'call_a', type: 'function', function: { name: 'warmth', arguments: '{"city":"Oslo"}' } },
  { id: 'call_b', type: 'function', function: { name: 'warmth', arguments: '{"city":"Rome"}' } },
];

/** Calls first; once the conversation holds the answers, tells them. */
const assistant: Script = (request, run) => {
  const messages = request.prompt?.chat?.messages ?? [];
  const answers = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
  return answers.length === 0 ? twoCalls(request, run) : sayPieces([{ text: `It is ${answers.join(' and ')}.` }])(request, run);
};

describe('POST /v1/chat/completions with tools', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [twoCalls] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with the calls, no text, and the finish reason of calls', async () => {
    gateway.runtime.script = twoCalls;
    const { choices } = await gateway.client.chat.completions.create(BODY);
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, annotations: [], tool_calls: CALLS },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  test('keeps what the model says before it calls', async () => {
    gateway.runtime.script = sayPieces([
      { text: 'Let me see.' },
      { toolCalls: [{ index: 0, id: 'call_a', name: 'warmth', arguments: '{}' }] },
    ]);
    const { choices } = await gateway.client.chat.completions.create(BODY);
    expect(choices[0]?.message).toMatchObject({ content: 'Let me see.', tool_calls: [{ id: 'call_a' }] });
  });

  test('streams id, type and name of a call first, and only pieces of its arguments after', async () => {
    gateway.runtime.script = twoCalls;
    const stream = await gateway.client.chat.completions.create({ ...BODY, stream: true });
    const deltas = (await collect(stream)).flatMap(({ choices }) => choices);
    expect(deltas.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'call_a', type: 'function', function: { name: 'warmth', arguments: '' } },
      { index: 0, function: { arguments: '{"city":' } },
      { index: 0, function: { arguments: '"Oslo"}' } },
      { index: 1, id: 'call_b', type: 'function', function: { name: 'warmth', arguments: '{"city":"Rome"}' } },
    ]);
    expect(deltas.at(-1)).toMatchObject({ delta: {}, finish_reason: 'tool_calls' });
  });

  test('gives the stream helper of the official SDK whole calls, and its events', async () => {
    gateway.runtime.script = twoCalls;
    const stream = gateway.client.chat.completions.stream(BODY);
    const done: string[] = [];
    stream.on('tool_calls.function.arguments.done', ({ name, arguments: args }) => void done.push(`${name} ${args}`));
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.message.tool_calls).toMatchObject(CALLS);
    expect(done).toEqual(['warmth {"city":"Oslo"}', 'warmth {"city":"Rome"}']);
  });

  test.each([true, false])('lets the official SDK run the tools and go on (stream: %s)', async (stream) => {
    const { script, requests } = remembering(assistant);
    gateway.runtime.script = script;
    const asked: string[] = [];
    const warmth = ({ city }: { city: string }): string => {
      asked.push(city);
      return city === 'Oslo' ? '3°' : '17°';
    };
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'warmth',
          description: 'Degrees.',
          parameters: PARAMETERS,
          parse: JSON.parse as (args: string) => { city: string },
          function: warmth,
        },
      },
    ];
    const runner = stream
      ? gateway.client.chat.completions.runTools({ ...BODY, tools, stream: true })
      : gateway.client.chat.completions.runTools({ ...BODY, tools });
    expect(await runner.finalContent()).toBe('It is 3° and 17°.');
    expect(asked).toEqual(['Oslo', 'Rome']);
    expect(requests[0]?.prompt?.chat).toMatchObject({ toolChoice: 'AUTO', toolsJson: JSON.stringify(TOOLS) });
    expect(requests[1]?.prompt?.chat?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: '', toolCallsJson: JSON.stringify(CALLS) },
      { role: 'tool', content: '3°', toolCallId: 'call_a' },
      { role: 'tool', content: '17°', toolCallId: 'call_b' },
    ]);
  });

  test('tells the worker which tool must be called, and that only one may be', async () => {
    const { script, requests } = remembering(twoCalls);
    gateway.runtime.script = script;
    const named = { type: 'function' as const, function: { name: 'warmth' } };
    await gateway.client.chat.completions.create({ ...BODY, tool_choice: named, parallel_tool_calls: false });
    await gateway.client.chat.completions.create({ ...BODY, tool_choice: 'required' });
    await gateway.client.chat.completions.create({ ...BODY, tool_choice: 'none' });
    expect(requests.map(({ prompt }) => prompt?.chat)).toMatchObject([
      { toolChoice: 'NAMED', toolName: 'warmth', parallelToolCalls: false },
      { toolChoice: 'REQUIRED' },
      { toolChoice: 'NONE' },
    ]);
  });

  test('keeps calls in the history as the answer that they are', async () => {
    await using fresh = await startHarness({ scripts: [twoCalls] });
    const key = fresh.keys.issue({ storesContent: true });
    await (await fresh.post('/v1/chat/completions', BODY, { authorization: `Bearer ${key}` })).text();
    const row = await fresh.onlyRow();
    expect(row).toMatchObject({ finishReason: 'tool_calls' });
    expect(JSON.parse(row.content?.output ?? '')).toEqual([
      { content: '', tool_calls: CALLS.map(({ id, function: { name, arguments: args } }) => ({ id, name, arguments: args })) },
    ]);
  });
});
