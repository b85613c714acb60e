import { choice, EMPTY, repeat, sequence, text, characters, type Expression } from './grammar/expression.ts';
import type { Rules } from './grammar/rules.ts';
import { objectSchemaRule } from './json-schema/schema-grammar.ts';
import type { CallsSource } from './output-source.ts';

const LETTERS_OR_DIGITS = characters([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x61, 0x7a],
]);

/** Calls of these tools, with arguments as their schemas say. Arguments are objects, also where a schema says nothing of that. Throws as schemaRule does. */
export function callsRule(rules: Rules, { begin, end, between, callsMax, tools }: CallsSource): Expression {
  const call = rules.shared('call', 'call', () =>
    choice(
      ...tools.map(({ before, after, parameters, param }) => {
        const head = before.map((piece) =>
          typeof piece === 'string' ? text(piece) : repeat(LETTERS_OR_DIGITS, piece.lettersOrDigits, piece.lettersOrDigits),
        );
        return sequence(...head, objectSchemaRule(rules, parameters, param), text(after));
      }),
    ),
  );
  const more = between === undefined || callsMax < 2 ? EMPTY : repeat(sequence(text(between), call), 0, callsMax - 1);
  return sequence(text(begin), call, more, text(end));
}
