import { ANY_CHARACTER, charactersOf, has, intersect, unite, without, type CodePoints } from '../language/code-points.ts';
import { characters, choice, optional, sequence, text, type Expression } from './expression.ts';

/** Characters that JSON writes with a backslash and a letter. */
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x08, 'b'],
  [0x0c, 'f'],
  [0x0a, 'n'],
  [0x0d, 'r'],
  [0x09, 't'],
]);

/** Written as they are; with the rest they are all characters. */
const RAW = without(ANY_CHARACTER, unite([[[0, 0x1f]], charactersOf('"\\')]));

const HEX: CodePoints = unite([[[0x30, 0x39]], [[0x41, 0x46]], [[0x61, 0x66]]]);

/** A space where people and models like one; more would let a model go on with spaces forever. */
export const GAP: Expression = optional(text(' '));

/** One character of any JSON string, in any of the ways to write it; a pair of surrogates is one character. */
export const STRING_CHARACTER: Expression = choice(characters(RAW), sequence(text('\\'), anyEscape()));

/** One of a set of characters inside a JSON string, in the one way that JSON.stringify writes it. */
export function encodeInJson(set: CodePoints): readonly Expression[] {
  const raw = intersect(set, RAW);
  const escapes = escapesOf(set);
  return [...(raw.length === 0 ? [] : [characters(raw)]), ...(escapes.length === 0 ? [] : [sequence(text('\\'), choice(...escapes))])];
}

function escapesOf(set: CodePoints): readonly Expression[] {
  const letters: string[] = [];
  const controls: string[][] = [[], []];
  for (let codePoint = 0; codePoint <= 0x5c; codePoint++) {
    if (!has(set, codePoint) || has(RAW, codePoint)) continue;
    const letter = SHORT_ESCAPES.get(codePoint);
    if (letter === undefined) controls[codePoint >> 4]?.push((codePoint % 16).toString(16));
    else letters.push(letter);
  }
  return [
    ...(letters.length === 0 ? [] : [characters(charactersOf(letters.join('')))]),
    ...controls.flatMap((digits, row) =>
      digits.length === 0 ? [] : [sequence(text(`u00${row}`), characters(charactersOf(digits.join(''))))],
    ),
  ];
}

/** A character as it is. */
export function encodeRaw(set: CodePoints): readonly Expression[] {
  return [characters(set)];
}

function anyEscape(): Expression {
  const hex = characters(HEX);
  const surrogate = characters(charactersOf('Dd'));
  const firstHalf = sequence(surrogate, characters(charactersOf('89ABab')), hex, hex);
  const secondHalf = sequence(surrogate, characters(charactersOf('CDEFcdef')), hex, hex);
  const plain = choice(
    sequence(characters(without(HEX, charactersOf('Dd'))), hex, hex, hex),
    sequence(surrogate, characters([[0x30, 0x37]]), hex, hex),
  );
  return choice(characters(charactersOf('"\\/bfnrt')), sequence(text('u'), choice(plain, sequence(firstHalf, text('\\u'), secondHalf))));
}
