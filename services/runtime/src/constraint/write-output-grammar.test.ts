import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { matchesGbnf } from '../test-support/gbnf-matcher.ts';
import type { Json } from './json-schema/json.ts';
import type { CallsSource, ConstraintSource, OutputSource } from './output-source.ts';
import { writeOutputGrammar } from './write-output-grammar.ts';

const NOTHING: OutputSource = { thoughts: undefined, contentBegin: '', constraint: undefined, calls: undefined };

function matcher(source: Partial<OutputSource>): (text: string) => boolean {
  return matchesGbnf(writeOutputGrammar({ ...NOTHING, ...source }));
}

function refusalOf(constraint: ConstraintSource): Pick<Fault, 'code' | 'param' | 'message'> | undefined {
  try {
    writeOutputGrammar({ ...NOTHING, constraint });
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, param: error.param, message: error.message };
    throw error;
  }
  return undefined;
}

const calls: CallsSource = {
  begin: '',
  end: '',
  between: '\n',
  callsMax: 2,
  tools: [
    {
      before: ['<call id="', { lettersOrDigits: 3 }, '">add '],
      after: '</call>',
      parameters: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
      param: 'tools[0].function.parameters',
    },
    {
      before: ['<call>now '],
      after: '</call>',
      parameters: { type: 'object', properties: {}, additionalProperties: false },
      param: 'tools[1].function.parameters',
    },
  ],
};

describe('the grammar of an output', () => {
  test('of a regular expression is all of the text that it matches, anchored or not', () => {
    for (const pattern of ['\\d+(a|b)?', '^\\d+(a|b)?$']) {
      const matches = matcher({ constraint: { kind: 'regex', pattern } });
      expect(['1', '42b', '7a'].map(matches)).toEqual([true, true, true]);
      expect(['', 'x1', '1ab', '1 '].map(matches)).toEqual([false, false, false, false]);
    }
  });

  test.each([
    ['[^\\W_]{2}', ['ab', 'Z9'], ['a_', 'é9', 'abc']],
    ['(?:\\+\\d{1,2} )?\\(?\\d{3}\\)?', ['+49 (123)', '123'], ['+123 123', '12']],
    ['(?<year>\\d{4})-\\u0041\\x42[\\]\\-]', ['2024-AB]', '1999-AB-'], ['2024-AB[']],
    ['\\u{1F98A}+?|.', ['🦊🦊', 'x', '"'], ['\n', 'xx']],
    ['a{0}b{2,}c*', ['bb', 'bbbcc'], ['abb', 'b']],
    ['[\\s\\S]', ['\n', 'a', ' '], ['', 'ab']],
    ['^a|b$', ['a', 'b'], ['ab', '']],
    ['a^b|c$d|e', ['e'], ['ab', 'cd']],
    ['(a|b|)(c|)', ['', 'a', 'bc', 'c'], ['ab', 'cc']],
  ])('of the regular expression %s is what ECMAScript says', (pattern, yes, no) => {
    const matches = matcher({ constraint: { kind: 'regex', pattern } });
    const expression = new RegExp(`^(?:${pattern})$`, 'u');
    for (const text of [...yes, ...no]) expect({ text, matches: matches(text) }).toEqual({ text, matches: expression.test(text) });
    expect([yes.every(matches), no.some(matches)]).toEqual([true, false]);
  });

  test('of choices is one of them', () => {
    const matches = matcher({ constraint: { kind: 'choices', texts: ['yes', 'no', 'not sure', '"quoted"\n', 'é🦊'] } });
    expect(['yes', 'no', 'not sure', '"quoted"\n', 'é🦊'].every(matches)).toBe(true);
    expect(['ye', 'not', 'yesno', '', 'YES'].some(matches)).toBe(false);
  });

  test('of any JSON object is an object, nested as deep as anybody needs', () => {
    const matches = matcher({ constraint: { kind: 'jsonObject' } });
    const deep = (depth: number): string => `{"a": ${depth === 0 ? '[null, -1.5e+3, "\\u00e9\\n"]' : deep(depth - 1)}}`;
    expect(['{}', '{"a": 1, "b":{"c":[true]}}', deep(8)].map(matches)).toEqual([true, true, true]);
    expect(['[]', '1', '{"a"}', '{"a":1,}', '{a:1}', '{"a": 01}', deep(30)].some(matches)).toBe(false);
  });

  test('of a client’s own grammar is what that says', () => {
    const gbnf =
      'root ::= greeting ("," " " name){0,2} # the end\n\ngreeting ::= "hi" | "h\\x65llo" |\n  [^\\x00-\\x7F]\nname ::= [A-Z] [a-z]*';
    const matches = matcher({ constraint: { kind: 'grammar', gbnf } });
    expect(['hi', 'hello, Anna, B', 'é'].every(matches)).toBe(true);
    expect(['', 'hi,', 'hi, anna', 'hi, A, B, C'].some(matches)).toBe(false);
  });

  test('of a client whose rules have an underscore in their names is what it says, as at vLLM', () => {
    const gbnf = `
root ::= select_statement
select_statement ::= "SELECT " column_name " from " table_name
column_name ::= "col_1" | "col_2"
table_name ::= "table_1" | "table_2"
`;
    const matches = matcher({ constraint: { kind: 'grammar', gbnf } });
    expect([matches('SELECT col_1 from table_2'), matches('SELECT col_3 from table_2'), matches('')]).toEqual([true, false, false]);
  });

  test('of calls is one or more calls, with arguments as their schemas say', () => {
    const matches = matcher({ calls });
    const add = '<call id="a1Z">add {"a": 5}</call>';
    expect([add, '<call>now {}</call>', `${add}\n<call>now {}</call>`].every(matches)).toBe(true);
    expect(['', 'text', '<call id="a1">add {"a": 5}</call>', '<call>now {"a":1}</call>', `${add}\n${add}\n${add}`].some(matches)).toBe(
      false,
    );
  });

  test.each<[string, Json, string[], string[]]>([
    ['nothing', {}, ['{}', '{"a": [1]}'], ['5', '"x"', '[]', 'null', '']],
    ['everything', true, ['{}'], ['5']],
    ['a title alone', { title: 'Arguments' }, ['{"a": 1}'], ['true']],
    [
      'objects among others',
      {
        anyOf: [{ type: 'string' }, { $ref: '#/$defs/o' }],
        $defs: { o: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] } },
      },
      ['{"a": 1}'],
      ['"x"', '{}'],
    ],
    ['one object of several values', { enum: ['x', { a: 1 }] }, ['{"a": 1}'], ['"x"']],
  ])('of a call has an object of arguments where its schema says %s', (_what, parameters, fulfilling, others) => {
    const [, tool] = calls.tools;
    const matches = matcher({ calls: { ...calls, tools: tool ? [{ ...tool, parameters }] : [] } });
    expect(fulfilling.filter((text) => !matches(`<call>now ${text}</call>`))).toEqual([]);
    expect(others.filter((text) => matches(`<call>now ${text}</call>`))).toEqual([]);
  });

  test('with tools that may be called beside a constraint is one or the other', () => {
    const matches = matcher({ calls, contentBegin: '>>>', constraint: { kind: 'choices', texts: ['yes'] } });
    expect(['<call>now {}</call>', '>>>yes'].every(matches)).toBe(true);
    expect(['yes', '>>><call>now {}</call>', ''].some(matches)).toBe(false);
  });

  test('has a space of its own after the thoughts, where it has one', () => {
    const matches = matcher({
      constraint: { kind: 'choices', texts: [' yes', 'no'] },
      thoughts: { begin: '<think>', end: '</think>', isOpen: true },
    });
    expect(['</think> yes', 'so</think>\n\n yes', '</think>\nno'].every(matches)).toBe(true);
    expect(['</think>yes', '</think>\n  yes', '</think> no'].some(matches)).toBe(false);
  });

  test('lets a model think first, up to the first end of its thoughts', () => {
    const constraint = { kind: 'choices', texts: ['yes'] } as const;
    const open = matcher({ constraint, thoughts: { begin: '<think>', end: '</think>', isOpen: true } });
    expect(['</think>yes', 'so </thin </think>\n\nyes', '<</think>yes'].every(open)).toBe(true);
    expect(['yes', 'so</think>no', '</think>x</think>yes', `</think>${'\n'.repeat(5)}yes`].some(open)).toBe(false);
    const possible = matcher({ constraint, thoughts: { begin: '<think>', end: '</think>', isOpen: false } });
    expect(['yes', '<think>so</think>yes'].every(possible)).toBe(true);
    expect(['so</think>yes', '<think>yes'].some(possible)).toBe(false);
  });
});

describe('a constraint that cannot be held', () => {
  test.each<[string, ConstraintSource, string, RegExp]>([
    ['a pattern with a look-ahead', { kind: 'regex', pattern: '(?=a)a' }, 'guided_regex', /assertion/],
    ['a pattern that is none', { kind: 'regex', pattern: '[' }, 'guided_regex', /no regular expression/],
    ['an empty pattern', { kind: 'regex', pattern: '' }, 'guided_regex', /empty/],
    ['a pattern that matches nothing', { kind: 'regex', pattern: 'a^' }, 'guided_regex', /no finite answer/],
    ['no choices', { kind: 'choices', texts: [] }, 'guided_choice', /at least one/],
    ['an empty choice', { kind: 'choices', texts: ['a', ''] }, 'guided_choice[1]', /not empty/],
    ['too many choices', { kind: 'choices', texts: Array.from({ length: 1_025 }, (_, i) => `${i}`) }, 'guided_choice', /1024/],
    ['a schema that is not JSON', { kind: 'jsonSchema', schema: '{' }, 'response_format.json_schema.schema', /not valid JSON/],
    [
      'a schema that is too long',
      { kind: 'jsonSchema', schema: `{"title":"${'x'.repeat(262_144)}"}` },
      'response_format.json_schema.schema',
      /262144/,
    ],
    [
      'a schema nested without end',
      { kind: 'jsonSchema', schema: '{"items":'.repeat(15_000) + '{}' + '}'.repeat(15_000) },
      'response_format.json_schema.schema',
      /./,
    ],
    ['a grammar without root', { kind: 'grammar', gbnf: 'a ::= "b"' }, 'guided_grammar', /no rule named `root`/],
    ['a grammar with an unknown rule', { kind: 'grammar', gbnf: 'root ::= other' }, 'guided_grammar', /no rule named `other`/],
    ['a grammar with a mistake', { kind: 'grammar', gbnf: 'root ::= "a"\nb ::= "c' }, 'guided_grammar', /line 2/],
    ['a grammar with an unknown escape', { kind: 'grammar', gbnf: 'root ::= "\\q"' }, 'guided_grammar', /escape/],
    ['a grammar with tokens', { kind: 'grammar', gbnf: 'root ::= <think>' }, 'guided_grammar', /tokens are not supported/],
    ['left recursion', { kind: 'grammar', gbnf: 'root ::= root "a" | "b"' }, 'guided_grammar', /without reading/],
    [
      'left recursion behind what may be empty',
      { kind: 'grammar', gbnf: 'root ::= b root "a" | "b"\nb ::= "x"?' },
      'guided_grammar',
      /without reading/,
    ],
    ['nothing, repeated', { kind: 'grammar', gbnf: 'root ::= ("a"?)*' }, 'guided_grammar', /without reading/],
    ['too many repetitions', { kind: 'grammar', gbnf: 'root ::= ("a"{100}){100}' }, 'guided_grammar', /repeats a part/],
    [
      'a grammar that doubles its ways',
      {
        kind: 'grammar',
        gbnf:
          Array.from({ length: 20 }, (_, i) => `${i === 0 ? 'root' : `r${i}`} ::= r${i + 1} "a" | r${i + 1} "b"\n`).join('') +
          'r20 ::= "c"',
      },
      'guided_grammar',
      /ambiguous/,
    ],
    ['a grammar without end', { kind: 'grammar', gbnf: 'root ::= "a" root' }, 'guided_grammar', /no finite answer/],
    ['a grammar that is too long', { kind: 'grammar', gbnf: `root ::= "a"${' '.repeat(70_000)}` }, 'guided_grammar', /65536/],
  ])('is refused by name: %s', (_name, constraint, param, message) => {
    expect(refusalOf(constraint)).toMatchObject({ param, message: expect.stringMatching(message) });
  });

  test('a parameter of a tool is refused by its place', () => {
    const [first] = calls.tools;
    const tools = first ? [{ ...first, parameters: { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } } }] : [];
    expect(() => writeOutputGrammar({ ...NOTHING, calls: { ...calls, tools } })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VALUE', param: 'tools[0].function.parameters.properties.a.uniqueItems' }),
    );
  });
});
