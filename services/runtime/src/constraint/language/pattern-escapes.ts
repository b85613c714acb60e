import { ANY_CHARACTER, character, unite, without, type CodePoints } from './code-points.ts';
import type { PatternReader } from './pattern-reader.ts';
import { Unsupported } from '../unsupported.ts';

const DIGITS: CodePoints = [[0x30, 0x39]];
const WORD: CodePoints = unite([DIGITS, [[0x41, 0x5a]], [[0x61, 0x7a]], character(0x5f)]);
/** ECMA-262, WhiteSpace and LineTerminator. */
const SPACE: CodePoints = unite([
  [[0x09, 0x0d]],
  ...[0x20, 0xa0, 0x16_80, 0x20_28, 0x20_29, 0x20_2f, 0x20_5f, 0x30_00, 0xfe_ff].map(character),
  [[0x20_00, 0x20_0a]],
]);

const CLASSES: Readonly<Record<string, CodePoints>> = {
  d: DIGITS,
  w: WORD,
  s: SPACE,
  D: without(ANY_CHARACTER, DIGITS),
  W: without(ANY_CHARACTER, WORD),
  S: without(ANY_CHARACTER, SPACE),
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** What stands after a backslash, which the reader has passed. */
export function readEscape(reader: PatternReader, where: 'class' | 'outside'): CodePoints {
  const hex = reader.match(/u\{([0-9A-Fa-f]+)\}/y) ?? reader.match(/u([0-9A-Fa-f]{4})/y) ?? reader.match(/x([0-9A-Fa-f]{2})/y);
  if (hex) return character(fromHex(reader, Number.parseInt(hex[1] ?? '', 16)));
  const control = reader.match(/c([A-Za-z])/y);
  if (control) return character((control[1]?.charCodeAt(0) ?? 0) % 32);
  const char = String.fromCodePoint(reader.next());
  const set = CLASSES[char];
  if (set) return set;
  const code = CONTROLS[char];
  if (code !== undefined) return character(code);
  if (char === 'b' && where === 'class') return character(8);
  if (char === 'b' || char === 'B') throw new Unsupported(`the word boundary \`\\${char}\``);
  if (char === 'p' || char === 'P') throw new Unsupported(`the Unicode property \`\\${char}{…}\``);
  if (char === 'k' || /[1-9]/.test(char)) throw new Unsupported(`the back reference \`\\${char}\``);
  return character(char.codePointAt(0) ?? 0);
}

/** Two escapes that are halves of one character count as one. */
function fromHex(reader: PatternReader, code: number): number {
  if (code < 0xd8_00 || code > 0xdb_ff) return code;
  const low = reader.match(/\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})/y);
  return low ? 0x1_00_00 + (code - 0xd8_00) * 0x4_00 + (Number.parseInt(low[1] ?? '', 16) - 0xdc_00) : code;
}
