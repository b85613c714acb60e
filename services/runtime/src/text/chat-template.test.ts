import { describe, expect, test } from '@jest/globals';
import { readHistory } from './chat-history.ts';
import { compileChatTemplate } from './chat-template.ts';
import { hermes } from './tools/hermes.ts';
import { createCallWriter } from './tools/write-calls.ts';

const MESSAGES = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: '', tool_calls: [{ id: 'call_0123456789abcdefABCDEFgh', function: { name: 'f', arguments: '{"a":1}' } }] },
  { role: 'tool', content: 'done', tool_call_id: 'call_0123456789abcdefABCDEFgh' },
];
const CALLS = '{% for m in messages %}{% for c in m.tool_calls or [] %}';
const END = '{% endfor %}{% endfor %}';
const writeCalls = createCallWriter(hermes);

function render(source: string, tools: object[] = []): string {
  return compileChatTemplate(source, { bosText: '<s>', eosText: '</s>' }).render({
    messages: readHistory(MESSAGES),
    tools,
    extra: {},
    writeCalls,
  });
}

describe('a template that shows calls of earlier turns', () => {
  test('gets the arguments as text where it writes text, exactly as they were', () => {
    expect(render(`${CALLS}{{ c.function.name + c.function.arguments }}${END}`)).toBe('f{"a":1}');
  });

  test('gets them as an object where it writes JSON', () => {
    expect(render(`${CALLS}{{ c.function.arguments | tojson }}${END}`)).toBe('{"a": 1}');
    expect(render(`${CALLS}{% for k, v in c.function.arguments | items %}{{ k ~ '=' ~ v }}{% endfor %}${END}`)).toBe('a=1');
  });

  test('gets no content instead of an empty one where it asks for that', () => {
    const source = `{% for m in messages %}{% if m.content is none %}{{ m.tool_calls[0].function.arguments }}{% endif %}{% endfor %}`;
    expect(render(source)).toBe('{"a":1}');
  });

  test('gets ids of nine characters where it accepts no others, the same in the answer', () => {
    const check = "{% if c.id | length != 9 %}{{ raise_exception('nine') }}{% endif %}";
    const answers = "{% for m in messages if m.role == 'tool' %}{{ m.tool_call_id }}{% endfor %}";
    expect(render(`${CALLS}${check}{{ c.function.arguments ~ c.id }}${END}{{ '=' }}${answers}`)).toMatch(/^\{"a":1\}([0-9a-f]{9})=\1$/);
  });

  test('knows what a tool that answers is called', () => {
    expect(render("{% for m in messages if m.role == 'tool' %}{{ m.name }}{% endfor %}")).toBe('f');
  });
});

describe('a template that shows tools', () => {
  const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer' } } } } };

  test('gets them as they are', () => {
    expect(render('{{ tools | tojson }}', [tool])).toBe(
      '[{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]',
    );
  });

  test('gets empty descriptions where it cannot do without', () => {
    const source =
      '{% for t in tools %}{% for k, v in t.function.parameters.properties | items %}{{ k ~ (v.description | trim) }}{% endfor %}{% endfor %}';
    expect(render(source, [tool])).toBe('a');
  });

  test("gets them in the system's message where it looks there", () => {
    const source = "{% for message in messages %}{% if 'tools' in message %}{{ message.role ~ message['tools'] }}{% endif %}{% endfor %}";
    expect(render(source, [tool])).toBe(`system[${JSON.stringify(tool.function)}]`);
  });
});

describe('a template that the engine cannot write', () => {
  const rendered = { messages: readHistory([{ role: 'user', content: 'Hi' }]), tools: [], extra: {}, writeCalls };
  const compile = (source: string, spare: () => { render(variables: Record<string, unknown>): string }) =>
    compileChatTemplate(source, { bosText: '<s>', eosText: '</s>', spare });

  test('is written by the spare one', () => {
    const chat = compile("{{ 'ab' * 2 }}", () => ({
      render: ({ bos_token: bos, messages }) => `${String(bos)}${JSON.stringify(messages)}`,
    }));
    expect(chat.render(rendered)).toBe('<s>[{"role":"user","content":"Hi"}]');
    expect(compile('{% unknown %}', () => ({ render: () => 'spare' })).render(rendered)).toBe('spare');
  });

  test('is refused in its own words where neither can', () => {
    const spare = {
      render: (): string => {
        throw new Error('no');
      },
    };
    expect(() => compile("{{ raise_exception('only users') }}", () => spare).render(rendered)).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE', param: 'messages', message: expect.stringContaining('only users') }),
    );
  });
});
