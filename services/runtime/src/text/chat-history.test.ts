import { describe, expect, test } from '@jest/globals';
import { type ChatMessage, readHistory } from './chat-history.ts';

const user: ChatMessage = { role: 'user', content: 'What is the weather in Rome?' };

function assistant(toolCalls: unknown): ChatMessage {
  return { role: 'assistant', content: '', tool_calls: toolCalls };
}

function called(given: unknown): unknown[] {
  return [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: given } }];
}

describe('calls of earlier turns', () => {
  test('keep their arguments as they were sent, and name what answered them', () => {
    const messages = [user, assistant(called('{ "city":"Rome" }')), { role: 'tool', content: 'sunny', tool_call_id: 'call_1' }];
    expect(readHistory(messages)).toEqual([
      { ...user, calls: [] },
      { role: 'assistant', content: '', calls: [{ id: 'call_1', name: 'get_weather', argumentsText: '{ "city":"Rome" }' }] },
      { role: 'tool', content: 'sunny', tool_call_id: 'call_1', name: 'get_weather', calls: [] },
    ]);
  });

  test.each([
    ['', '{}'],
    [undefined, '{}'],
    [{ city: 'Rome' }, '{"city":"Rome"}'],
  ])('may have arguments like %j', (given, argumentsText) => {
    expect(readHistory([assistant(called(given))])[0]?.calls).toMatchObject([{ argumentsText }]);
  });

  test.each([
    ['INVALID_TYPE', 'messages[1].tool_calls', [user, assistant('call me')]],
    ['INVALID_TYPE', 'messages[0].tool_calls[0]', [assistant(['get_weather'])]],
    ['INVALID_TYPE', 'messages[0].tool_calls[0].id', [assistant([{ id: 7, function: { name: 'f' } }])]],
    ['INVALID_TYPE', 'messages[0].tool_calls[0].function', [assistant([{ id: 'a' }])]],
    ['INVALID_TYPE', 'messages[0].tool_calls[0].function.name', [assistant([{ id: 'a', function: { arguments: '{}' } }])]],
    ['INVALID_VALUE', 'messages[0].tool_calls[0].function.arguments', [assistant(called('{"city": "Ro'))]],
    ['INVALID_VALUE', 'messages[0].tool_calls[0].function.arguments', [assistant(called('["Rome"]'))]],
    ['INVALID_VALUE', 'messages[0].tool_calls[0].function.arguments', [assistant(called('{"a":'.repeat(9_000) + '1' + '}'.repeat(9_000)))]],
    ['INVALID_TYPE', 'messages[0].tool_calls[0].function.arguments', [assistant(called(7))]],
    ['MISSING_PARAMETER', 'messages[1].tool_call_id', [user, { role: 'tool', content: 'sunny' }]],
    ['INVALID_VALUE', 'messages[1].tool_call_id', [assistant(called('{}')), { role: 'tool', content: 'sunny', tool_call_id: 'call_2' }]],
    ['INVALID_VALUE', 'messages[0].tool_call_id', [{ role: 'tool', content: 'sunny', tool_call_id: 'call_1' }, assistant(called('{}'))]],
  ])('are refused with %s for %s', (code, param, messages) => {
    expect(() => readHistory(messages)).toThrow(expect.objectContaining({ code, param }));
  });
});
