import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { cutText, splitAnswer, type SplitAnswer } from '../../test-support/answers.ts';
import type { AnswerState } from '../answer/answer-state.ts';
import { thoughtsBefore } from '../reasoning/thoughts.ts';
import { USUAL_MARKS } from '../reasoning/thought-marks.ts';
import { detectToolFormat, toolSyntaxOf } from './tool-syntaxes.ts';

type Call = { readonly name: string; readonly arguments: Record<string, unknown> };
type Answer = { readonly reasoning: string; readonly content: string; readonly calls: readonly Call[] };

const NONE = /(?!)/g;
const TOOLS = new Set(['get_weather', 'get_time', 'send-mail.v2', 'all_of_it']);

type Family = {
  readonly start: AnswerState;
  readonly callsMax: number;
  readonly hasContent: boolean;
  readonly hasThoughts?: boolean;
  readonly write: (answer: Answer) => string;
};

/** How a model of each family writes an answer: its content, then its calls. */
const FAMILIES: Record<string, Family> = {
  'Hermes and Qwen': {
    start: thoughtsBefore(start('hermes'), USUAL_MARKS, false),
    callsMax: 4,
    hasContent: true,
    hasThoughts: true,
    write: ({ reasoning, content, calls }) =>
      (reasoning === '' ? '' : `<think>\n${reasoning}\n</think>\n\n`) +
      content +
      calls.map((call) => `\n<tool_call>\n${json('arguments', call)}\n</tool_call>`).join(''),
  },
  'Hermes with the arguments first, and as a string': {
    start: start('hermes'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      content +
      calls
        .map(({ name, arguments: value }) => JSON.stringify({ id: 7, extra: [1, { a: 'b}' }], arguments: JSON.stringify(value), name }))
        .map((call) => `<tool_call>${call}</tool_call>`)
        .join(' '),
  },
  'Llama 3': {
    start: start('llama3'),
    callsMax: 4,
    hasContent: false,
    write: ({ content, calls }) => (calls.length === 0 ? content : calls.map((call) => json('parameters', call)).join('; ')),
  },
  'Llama 3 with its tag': {
    start: start('llama3'),
    callsMax: 1,
    hasContent: true,
    write: ({ content, calls }) => content + calls.map((call) => `<|python_tag|>${json('parameters', call)}`).join(''),
  },
  Mistral: {
    start: start('mistral'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) => content + list('[TOOL_CALLS][', calls, ']'),
  },
  'Mistral Small 3.1 and later': {
    start: start('mistral'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      content + calls.map((call) => `[TOOL_CALLS]${call.name}[ARGS]${JSON.stringify(call.arguments)}`).join(''),
  },
  'Mistral Small 3.2 with ids': {
    start: start('mistral'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      content + calls.map((call) => `[TOOL_CALLS]${call.name}[CALL_ID]aB3456789[ARGS]${JSON.stringify(call.arguments)}`).join(''),
  },
  'DeepSeek V3 and R1': {
    start: thoughtsBefore(start('deepseek'), USUAL_MARKS, true),
    callsMax: 4,
    hasContent: true,
    hasThoughts: true,
    write: ({ reasoning, content, calls }) =>
      `${reasoning}\n</think>\n\n${content}` +
      block(
        '<｜tool▁calls▁begin｜>',
        calls.map(
          (call) =>
            `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${call.name}\n\`\`\`json\n${JSON.stringify(call.arguments)}\n\`\`\`<｜tool▁call▁end｜>`,
        ),
        '<｜tool▁calls▁end｜>',
        '\n',
      ),
  },
  'DeepSeek V3.1': {
    start: start('deepseek'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      content +
      block(
        '<｜tool▁calls▁begin｜>',
        calls.map((call) => `<｜tool▁call▁begin｜>${call.name}<｜tool▁sep｜>${JSON.stringify(call.arguments)}<｜tool▁call▁end｜>`),
        '<｜tool▁calls▁end｜>',
        '',
      ),
  },
  'Phi-4-mini': {
    start: start('phi'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) => content + list('<|tool_call|>[', calls, ']<|/tool_call|>'),
  },
  'Phi-4-mini and Firefunction with a word': {
    start: start('phi'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) => content + list(' functools[', calls, ']'),
  },
  'Functionary 3.2': {
    start: start('functionary', '>>>all'),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      [
        ...(content === '' && calls.length > 0 ? [] : [`all\n${content}`]),
        ...calls.map((call) => `${call.name}\n${JSON.stringify(call.arguments)}`),
      ].join('>>>'),
  },
  'Functionary 3.1': {
    start: start('functionary', '<function='),
    callsMax: 4,
    hasContent: true,
    write: ({ content, calls }) =>
      content + calls.map((call) => `<function=${call.name}>${JSON.stringify(call.arguments)}</function>`).join(''),
  },
  'gpt-oss': {
    start: start('gpt-oss'),
    callsMax: 4,
    hasContent: true,
    hasThoughts: true,
    write: ({ reasoning, content, calls }) =>
      [
        ...(reasoning === '' ? [] : [`<|channel|>analysis<|message|>${reasoning}<|end|>`]),
        ...(content === '' ? [] : [`<|channel|>${calls.length > 0 ? 'commentary' : 'final'}<|message|>${content}<|end|>`]),
        ...calls.map((call, i) =>
          i % 2 === 0
            ? `<|channel|>commentary to=functions.${call.name} <|constrain|>json<|message|>${JSON.stringify(call.arguments)}<|call|>`
            : ` to=functions.${call.name}<|channel|>commentary json<|message|>${JSON.stringify(call.arguments)}<|call|>`,
        ),
      ].join('<|start|>assistant'),
  },
};

/** Words, among them what is markup elsewhere, and characters of more than one code unit. */
const words = fc
  .array(fc.constantFrom('Ahoj', '日本', '🦊', 'a < b', '{x}', '[1]', '"', '\\', '<tool', '</', 'then;', '1.5', 'line\nline', '<|', '>>'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(' '));
const value = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map(asWritten);
const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom(...TOOLS),
  arguments: value,
});

describe.each(Object.entries(FAMILIES))('an answer of %s', (family, { start, callsMax, hasContent, hasThoughts = false, write }) => {
  const answer = fc
    .record({ reasoning: words, content: words, calls: fc.array(call, { maxLength: callsMax }), cut: fc.nat() })
    .map(({ reasoning, content, calls, cut }) => ({ reasoning, content: hasContent || calls.length === 0 ? content : '', calls, cut }));

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(answer, (one) => {
        const text = write(one);
        const whole = splitAnswer(start, [text]);
        expect(splitAnswer(start, cutText(text, one.cut))).toEqual(whole);
        expect(splitAnswer(start, text.split(''))).toEqual(whole);
      }),
    );
  });

  test('has the content, the thoughts and the calls that were written', () => {
    fc.assert(
      fc.property(answer, (one) => {
        const split = splitAnswer(start, cutText(write(one), one.cut));
        expect(parsed(split)).toEqual(one.calls);
        expect(split.content.trim()).toBe(one.content.trim());
        expect(split.reasoning).toBe(hasThoughts ? one.reasoning.trim() : '');
      }),
    );
  });

  test('cut off in the middle is told as far as it goes', () => {
    fc.assert(
      fc.property(answer, fc.nat(400), (one, length) => {
        const text = write(one).slice(0, length);
        const split = splitAnswer(start, cutText(text, one.cut));
        split.calls.forEach((told, i) => {
          const wanted = one.calls[i];
          expect(told.name).toBe(wanted?.name);
          expect(JSON.stringify(wanted?.arguments).startsWith(told.arguments.trim())).toBe(true);
        });
        expect(split).toEqual(splitAnswer(start, [text]));
      }),
    );
  });

  test('is complete after the one call that it may make', () => {
    const calls = [...TOOLS].slice(0, 2).map((name) => ({ name, arguments: { city: 'Rome' } }));
    const text = write({ reasoning: 'hm', content: '', calls });
    const split = splitAnswer(start, cutText(text, 3), { callsMax: 1 });
    expect({ family, calls: parsed(split), isComplete: split.isComplete }).toEqual({ family, calls: calls.slice(0, 1), isComplete: true });
  });

  test('that calls an unknown tool has that as content', () => {
    const text = write({ reasoning: '', content: '', calls: [{ name: 'launch', arguments: { code: 4821 } }] });
    const split = splitAnswer(start, cutText(text, 5));
    expect(split.calls).toEqual([]);
    expect(split.content.replaceAll('\\', '')).toContain('{"code":4821}');
  });
});

describe('garbage', () => {
  const markup = Object.values(FAMILIES).flatMap(({ write }) =>
    write({ reasoning: 'r', content: 'c', calls: [{ name: 'get_time', arguments: { a: 1 } }] }).split(/(?<=[>\]:{}"\n])/),
  );
  const garbage = fc
    .array(fc.oneof(fc.constantFrom(...markup), fc.string({ maxLength: 4 })), { maxLength: 14 })
    .map((parts) => parts.join(''));

  test.each(Object.entries(FAMILIES))('never throws and never depends on the cut: %s', (_family, { start }) => {
    fc.assert(
      fc.property(garbage, fc.nat(), (text, cut) => {
        expect(splitAnswer(start, cutText(text, cut))).toEqual(splitAnswer(start, [text]));
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['Hermes and Qwen', /^\s*<think>/g],
    ['Llama 3', NONE],
    ['Mistral', NONE],
    ['DeepSeek V3.1', NONE],
    ['Phi-4-mini', NONE],
    ['Functionary 3.2', /^all\n|>>>all\n/g],
    ['Functionary 3.1', NONE],
  ])('without a call in it is content to the last character: %s', (family, framing) => {
    const start = FAMILIES[family]?.start;
    if (!start) throw new Error(`no family ${family}`);
    fc.assert(
      fc.property(garbage, fc.nat(), (text, cut) => {
        const split = splitAnswer(start, cutText(text, cut));
        fc.pre(split.calls.length === 0 && split.reasoning === '');
        expect(squeeze(split.content)).toBe(squeeze(text.replaceAll(framing, '')));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the format of a template', () => {
  test.each([
    ['hermes', "{{ '<tool_call>\\n' }}"],
    ['llama3', 'respond in the format {"name": function name, "parameters": dictionary of argument name and its value}'],
    ['mistral', "{{ '[TOOL_CALLS]' + name + '[ARGS]' }}"],
    ['deepseek', "{{ '<｜tool▁calls▁begin｜>' }}"],
    ['phi', "{{ '<|tool|>' + tools + '<|/tool|>' }}"],
    ['functionary', "{{ '>>>all\\n' }}"],
    ['functionary', "{{ '<function=' + name + '>' }}"],
    ['gpt-oss', "{{ '<|channel|>final<|message|>' }}"],
    ['none', '{{ message.content }}'],
    ['none', "{{ ns ~ '<tool_call>' ~ ns ~ '<invoke name=\"' ~ name ~ '\">' }}"],
    ['none', 'in <tool_call></tool_call> tags: <tool_calls>[{"name": <name>, "arguments": <arguments>}]</tool_calls>'],
    ['none', '<tool_call><function=x><parameter=y>z</parameter></function></tool_call>'],
  ])('is %s for %s', (format, template) => {
    expect(detectToolFormat(template)).toBe(format);
  });
});

function start(format: Parameters<typeof toolSyntaxOf>[0], template = ''): AnswerState {
  const syntax = toolSyntaxOf(format, template);
  if (!syntax) throw new Error(`no syntax of ${format}`);
  return syntax.start(TOOLS);
}

/** JSON knows no -0, for one. */
function asWritten(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function json(key: string, call: Call): string {
  return `{"name": ${JSON.stringify(call.name)}, "${key}": ${JSON.stringify(call.arguments)}}`;
}

function list(begin: string, calls: readonly Call[], end: string): string {
  return block(
    begin,
    calls.map((call) => json('arguments', call)),
    end,
    ', ',
  );
}

function block(begin: string, calls: readonly string[], end: string, between: string): string {
  return calls.length === 0 ? '' : begin + calls.join(between) + end;
}

function parsed(split: SplitAnswer): Call[] {
  return split.calls.map((told) => ({ name: told.name, arguments: JSON.parse(told.arguments) as Record<string, unknown> }));
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
