import { describe, expect, test } from '@jest/globals';
import { refusalOf } from '../../test-support/refusal.ts';
import { parseChatCompletion } from './schema.ts';

const MINIMAL = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const WEATHER = { type: 'function', function: { name: 'get_weather', description: 'Tells it.', parameters: PARAMETERS } };
const TIME = { type: 'function', function: { name: 'get_time' } };

const chatOf = (change: object) => parseChatCompletion({ ...MINIMAL, ...change }).request.prompt?.chat;
const refusal = (change: object) => refusalOf(() => parseChatCompletion({ ...MINIMAL, ...change }));

describe('the tools of a chat', () => {
  test('reach the worker in one order of keys, with what templates look into', () => {
    const { description, name, parameters } = WEATHER.function;
    const reordered = { function: { strict: true, parameters, description, name }, type: 'function' };
    expect(JSON.parse(chatOf({ tools: [reordered, TIME] })?.toolsJson ?? '')).toEqual([
      { type: 'function', function: { ...WEATHER.function, strict: true } },
      { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {} } } },
    ]);
    const asWritten = { type: 'function', function: { ...WEATHER.function, strict: true } };
    expect(chatOf({ tools: [reordered] })?.toolsJson).toBe(chatOf({ tools: [asWritten] })?.toolsJson);
  });

  test.each([
    [undefined, {}],
    ['auto', {}],
    ['none', { toolChoice: 'NONE' }],
    ['required', { toolChoice: 'REQUIRED' }],
    [
      { type: 'function', function: { name: 'get_time' } },
      { toolChoice: 'NAMED', toolName: 'get_time' },
    ],
  ])('are chosen from as %j says', (choice, expected) => {
    const { messages, toolsJson, ...chosen } = chatOf({ tools: [WEATHER, TIME], tool_choice: choice }) ?? {};
    expect(messages).toHaveLength(1);
    expect(toolsJson).not.toBe('');
    expect(chosen).toEqual(expected);
  });

  test('are called one at a time when the client wants it so', () => {
    expect(chatOf({ tools: [TIME], parallel_tool_calls: false })).toMatchObject({ parallelToolCalls: false });
    expect(chatOf({ tools: [TIME], parallel_tool_calls: true })).not.toHaveProperty('parallelToolCalls');
    expect(chatOf({ parallel_tool_calls: false })).not.toHaveProperty('parallelToolCalls');
  });

  test.each([
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'invalid_value', 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'missing_required_parameter', 'tools[0].function'],
    [{ tools: [{ type: 'function', function: { name: 'get weather' } }] }, 'invalid_value', 'tools[0].function.name'],
    [{ tools: [{ type: 'function', function: { name: 'x'.repeat(65) } }] }, 'string_above_max_length', 'tools[0].function.name'],
    [{ tools: [{ type: 'function', function: { name: 'f', parameters: 'none' } }] }, 'invalid_type', 'tools[0].function.parameters'],
    [{ tools: [TIME, WEATHER, TIME] }, 'invalid_value', 'tools[2].function.name'],
    [{ tools: Array.from({ length: 129 }, () => TIME) }, 'array_above_max_length', 'tools'],
    [{ tools: [{ type: 'function', function: { name: 'f', parameters: { $comment: 'x'.repeat(270_000) } } }] }, 'invalid_value', 'tools'],
    [{ tool_choice: 'required' }, 'invalid_value', 'tool_choice'],
    [{ tools: [], tool_choice: { type: 'function', function: { name: 'f' } } }, 'invalid_value', 'tool_choice'],
    [{ tools: [TIME], tool_choice: 5 }, 'invalid_type', 'tool_choice'],
    [{ tools: [TIME], tool_choice: 'any' }, 'invalid_value', 'tool_choice'],
    [{ tools: [TIME], tool_choice: { type: 'function', function: { name: 'other' } } }, 'invalid_value', 'tool_choice.function.name'],
    [
      { tools: [TIME], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
      'invalid_value',
      'tool_choice.type',
    ],
    [{ tools: [TIME], tool_choice: 'required', guided_regex: 'a' }, 'invalid_value', 'guided_regex'],
    [{ tools: [TIME], tool_choice: 'required', response_format: { type: 'json_object' } }, 'invalid_value', 'response_format'],
  ])('are refused: %j with %s at %s', (change, code, param) => {
    expect(refusal(change)).toMatchObject({ code, param });
  });

  test('are refused where the parameters nest too deep', () => {
    const parameters: unknown = JSON.parse(`${'{"items":'.repeat(10_000)}{}${'}'.repeat(10_000)}`);
    const param = 'tools[0].function.parameters';
    expect(refusal({ tools: [{ type: 'function', function: { name: 'f', parameters } }] })).toMatchObject({ code: 'invalid_value', param });
  });
});

const CALL = { id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{"zone":"UTC"}' } };
const OTHER_CALL = { ...CALL, id: 'call_2' };
const USER = { role: 'user', content: 'What time is it?' };
const answer = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'noon' });
const calling = (...calls: object[]) => ({ role: 'assistant', content: null, tool_calls: calls });

describe('calls in a conversation', () => {
  test('reach the worker with their answers, a message without text as an empty one', () => {
    const assistant = { role: 'assistant', tool_calls: [{ ...CALL, index: 0 }], reasoning_content: 'They want the time.', refusal: null };
    expect(chatOf({ messages: [USER, assistant, { ...answer('call_1'), content: [{ type: 'text', text: 'noon' }] }] })?.messages).toEqual([
      { role: 'user', content: 'What time is it?' },
      { role: 'assistant', content: '', reasoningContent: 'They want the time.', toolCallsJson: JSON.stringify([CALL]) },
      { role: 'tool', content: 'noon', toolCallId: 'call_1' },
    ]);
  });

  test('without arguments have an empty object of them', () => {
    const bare = { ...CALL, function: { name: 'get_time', arguments: '' } };
    const [, message] = chatOf({ messages: [USER, calling(bare), answer('call_1')] })?.messages ?? [];
    expect(JSON.parse(message?.toolCallsJson ?? '')).toMatchObject([{ function: { arguments: '{}' } }]);
  });

  test('may be answered in any order', () => {
    expect(chatOf({ messages: [USER, calling(CALL, OTHER_CALL), answer('call_2'), answer('call_1'), USER] })?.messages).toHaveLength(5);
  });

  test.each([
    [[USER, answer('call_1')], 'invalid_value', 'messages[1].tool_call_id'],
    [[USER, calling(CALL), answer('call_2')], 'invalid_value', 'messages[2].tool_call_id'],
    [[USER, calling(CALL), answer('call_1'), answer('call_1')], 'invalid_value', 'messages[3].tool_call_id'],
    [[USER, calling(CALL), { role: 'tool', content: 'noon' }], 'missing_required_parameter', 'messages[2].tool_call_id'],
    [[USER, calling(CALL), { role: 'tool', tool_call_id: 'call_1' }], 'missing_required_parameter', 'messages[2].content'],
    [[USER, calling(CALL, OTHER_CALL, CALL), answer('call_1'), answer('call_2')], 'invalid_value', 'messages[1].tool_calls[2].id'],
    [[USER, calling(CALL)], 'invalid_value', 'messages[1].tool_calls'],
    [[USER, calling(CALL, OTHER_CALL), answer('call_1'), USER], 'invalid_value', 'messages[1].tool_calls'],
    [[USER, calling()], 'invalid_type', 'messages[1].content'],
    [[USER, calling({ ...CALL, id: undefined })], 'missing_required_parameter', 'messages[1].tool_calls[0].id'],
    [[USER, calling({ ...CALL, type: 'custom' })], 'invalid_value', 'messages[1].tool_calls[0].type'],
    [
      [USER, calling({ ...CALL, function: { name: 'f', arguments: '{"zone":' } }), answer('call_1')],
      'invalid_value',
      'messages[1].tool_calls[0].function.arguments',
    ],
    [
      [USER, calling({ ...CALL, function: { name: 'f', arguments: {} } }), answer('call_1')],
      'invalid_type',
      'messages[1].tool_calls[0].function.arguments',
    ],
    [[{ ...USER, tool_calls: [CALL] }, answer('call_1')], 'invalid_value', 'messages[0].tool_calls'],
    [[{ ...USER, tool_call_id: 'call_1' }], 'invalid_value', 'messages[0].tool_call_id'],
    [[{ ...USER, reasoning_content: 'hm' }], 'invalid_value', 'messages[0].reasoning_content'],
    [[{ role: 'function', name: 'f', content: 'x' }], 'invalid_value', 'messages[0].role'],
    [[{ role: 'user', content: null }], 'invalid_type', 'messages[0].content'],
  ])('are refused: %j with %s at %s', (messages, code, param) => {
    expect(refusal({ messages })).toMatchObject({ code, param });
  });
});
