import { describe, expect, test } from '@jest/globals';
import { type ChatMessage, readHistory } from './chat-history.ts';
import { compileChatTemplate } from './chat-template.ts';
import { createMistral } from './tools/mistral.ts';
import { createPhi } from './tools/phi.ts';
import { hermes } from './tools/hermes.ts';
import { createCallWriter } from './tools/write-calls.ts';

const call = (id: string, city: string): object => ({ id, function: { name: 'get_weather', arguments: JSON.stringify({ city }) } });
const USER: ChatMessage = { role: 'user', content: 'Hi' };
const ROME: ChatMessage = { role: 'assistant', content: '', tool_calls: [call('call_1', 'Rome')] };
const BOTH: ChatMessage = { role: 'assistant', content: 'Two.', tool_calls: [call('call_1', 'Rome'), call('call_2', 'Oslo')] };
const sunny: ChatMessage = { role: 'tool', content: 'sunny', tool_call_id: 'call_1' };
const rainy: ChatMessage = { role: 'tool', content: 'rainy', tool_call_id: 'call_2' };
const WRITTEN = '<tool_call>\n{"name": "get_weather", "arguments": {"city":"Rome"}}\n</tool_call>';

const CONTENT = "{% for m in messages %}{{ '<' ~ m.role ~ '>' ~ m.content }}{% endfor %}";
const NO_RESULTS = "{% for m in messages if m.role != 'tool' %}{{ '<' ~ m.role ~ '>' ~ m.content }}{% endfor %}";
const ONE_CALL = `{% for m in messages %}{{ '<' ~ m.role ~ '>' ~ m.content }}{% if m.tool_calls %}
{%- if m.tool_calls | length > 1 %}{{ raise_exception('one at a time') }}{% endif %}{{ m.tool_calls[0].function.arguments }}{% endif %}{% endfor %}`;

function render(source: string, messages: readonly ChatMessage[], writeCalls = createCallWriter(hermes)): string {
  const template = compileChatTemplate(source, { bosText: '<s>', eosText: '</s>' });
  return template.render({ messages: readHistory(messages), tools: [], extra: {}, writeCalls });
}

describe('a template without a place for calls', () => {
  test('has them in the content, as the model writes them', () => {
    expect(render(CONTENT, [USER, ROME, sunny])).toBe(`<user>Hi<assistant>${WRITTEN}<tool>sunny`);
    expect(render(CONTENT, [USER, BOTH, sunny, rainy])).toContain(`<assistant>Two.\n${WRITTEN}\n<tool_call>`);
  });

  test.each([
    [createPhi(''), '<|tool_call|>[{"name": "get_weather", "arguments": {"city":"Rome"}}]<|/tool_call|>'],
    [createMistral('[ARGS]'), '[TOOL_CALLS]get_weather[ARGS]{"city":"Rome"}'],
    [createMistral('[ARGS][CALL_ID]'), /\[TOOL_CALLS\]get_weather\[CALL_ID\][0-9a-f]{9}\[ARGS\]\{"city":"Rome"\}/],
  ])('has them in the format of its model', (syntax, expected) => {
    expect(render(CONTENT, [USER, ROME, sunny], createCallWriter(syntax))).toMatch(expected);
  });
});

describe('a template without a place for results', () => {
  test('has the user tell them, all in one turn with what he says next', () => {
    const told = '<tool_response>\nsunny\n</tool_response>';
    expect(render(NO_RESULTS, [USER, ROME, sunny])).toBe(`<user>Hi<assistant>${WRITTEN}<user>${told}`);
    expect(render(NO_RESULTS, [USER, BOTH, sunny, rainy, { role: 'user', content: 'So?' }])).toMatch(
      /<user><tool_response>\nsunny\n<\/tool_response>\n<tool_response>\nrainy\n<\/tool_response>\nSo\?$/,
    );
  });

  test('keeps the calls where it has a place for those', () => {
    const source =
      "{% for m in messages if m.role != 'tool' %}{{ '<' ~ m.role ~ '>' ~ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments }}{% endfor %}{% endfor %}";
    expect(render(source, [USER, ROME, sunny])).toBe('<user>Hi<assistant>{"city":"Rome"}<user><tool_response>\nsunny\n</tool_response>');
  });
});

describe('a template that takes one call of a message', () => {
  test('gets each in a message of its own, its result after it', () => {
    expect(render(ONE_CALL, [USER, BOTH, rainy, sunny, USER])).toBe(
      '<user>Hi<assistant>Two.{"city":"Rome"}<tool>sunny<assistant>{"city":"Oslo"}<tool>rainy<user>Hi',
    );
  });

  test('keeps results whose call is not among them', () => {
    expect(render(ONE_CALL, [USER, ROME, BOTH, rainy])).toBe(
      '<user>Hi<assistant>{"city":"Rome"}<assistant>Two.{"city":"Rome"}<assistant>{"city":"Oslo"}<tool>rainy',
    );
    const earlier: ChatMessage = { role: 'assistant', content: '', tool_calls: [call('call_9', 'Bonn')] };
    expect(render(ONE_CALL, [earlier, BOTH, { ...sunny, content: 'late', tool_call_id: 'call_9' }])).toContain('<tool>late');
  });
});
