import { ANY_CHARACTER, character, unite, without, type CodePoints } from './code-points.ts';
import { characters, choice, repeat, sequence, type Pattern } from './pattern.ts';
import { readEscape } from './pattern-escapes.ts';
import { PatternReader } from './pattern-reader.ts';
import { Unsupported } from '../unsupported.ts';

/** A longer pattern is no longer one that somebody wrote. */
const LENGTH_MAX = 5_000;
const GROUP_DEPTH_MAX = 50;

const LINE_ENDS = unite([0x0a, 0x0d, 0x20_28, 0x20_29].map(character));

/** Parses ECMAScript's regular expressions as with the `u` flag. Throws Unsupported for what no automaton can do, and for mistakes. */
export function parsePattern(source: string): Pattern {
  if (source.length > LENGTH_MAX) throw new Unsupported(`a pattern of more than ${LENGTH_MAX} characters`);
  assertValid(source);
  const reader = new PatternReader(source);
  const pattern = readChoice(reader, 0);
  if (!reader.isAtEnd) throw new Unsupported(`an unmatched \`${reader.peek()}\` in the pattern`);
  return pattern;
}

/** The engine that validates answers decides what is a pattern at all. */
function assertValid(source: string): void {
  try {
    new RegExp(source, 'u');
  } catch {
    throw new Unsupported('a pattern that is no regular expression of ECMAScript (with the `u` flag)');
  }
}

function readChoice(reader: PatternReader, depth: number): Pattern {
  if (depth > GROUP_DEPTH_MAX) throw new Unsupported(`groups nested more than ${GROUP_DEPTH_MAX} deep`);
  const options = [readSequence(reader, depth)];
  while (reader.take('|')) options.push(readSequence(reader, depth));
  return choice(...options);
}

function readSequence(reader: PatternReader, depth: number): Pattern {
  const parts: Pattern[] = [];
  while (!reader.isAtEnd && reader.peek() !== '|' && reader.peek() !== ')') parts.push(readRepeated(reader, depth));
  return sequence(...parts);
}

function readRepeated(reader: PatternReader, depth: number): Pattern {
  const atom = readAtom(reader, depth);
  const times = readTimes(reader);
  if (!times) return atom;
  // Lazy or greedy, it matches the same texts.
  reader.take('?');
  return repeat(atom, times.min, times.max);
}

function readTimes(reader: PatternReader): { min: number; max: number } | undefined {
  if (reader.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (reader.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
  if (reader.take('?')) return { min: 0, max: 1 };
  const braces = reader.match(/\{(\d+)(,?)(\d*)\}/y);
  if (!braces) return undefined;
  const min = Number(braces[1]);
  if (braces[2] === '') return { min, max: min };
  return { min, max: braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]) };
}

function readAtom(reader: PatternReader, depth: number): Pattern {
  if (reader.take('^')) return { kind: 'start' };
  if (reader.take('$')) return { kind: 'end' };
  if (reader.take('.')) return characters(without(ANY_CHARACTER, LINE_ENDS));
  if (reader.take('[')) return characters(readClass(reader));
  if (reader.take('(')) return readGroup(reader, depth);
  if (reader.take('\\')) return characters(readEscape(reader, 'outside'));
  return characters(character(reader.next()));
}

function readGroup(reader: PatternReader, depth: number): Pattern {
  const look = reader.match(/\?(<?[=!])/y);
  if (look) throw new Unsupported(`the assertion \`(?${look[1]}\``);
  if (!reader.match(/\?:/y) && !reader.match(/\?<[^>]*>/y) && reader.peek() === '?')
    throw new Unsupported('a group with flags in the pattern');
  const inner = readChoice(reader, depth + 1);
  reader.take(')');
  return inner;
}

function readClass(reader: PatternReader): CodePoints {
  const isNegated = reader.take('^');
  const sets: CodePoints[] = [];
  while (!reader.take(']')) {
    const first = readClassMember(reader);
    const single = onlyOne(first);
    if (single === undefined || reader.peek() !== '-' || reader.peek(1) === ']') {
      sets.push(first);
      continue;
    }
    reader.take('-');
    sets.push([[single, onlyOne(readClassMember(reader)) ?? single]]);
  }
  const united = unite(sets);
  return isNegated ? without(ANY_CHARACTER, united) : united;
}

function readClassMember(reader: PatternReader): CodePoints {
  return reader.take('\\') ? readEscape(reader, 'class') : character(reader.next());
}

function onlyOne(set: CodePoints): number | undefined {
  const [range, ...others] = set;
  return range && others.length === 0 && range[0] === range[1] ? range[0] : undefined;
}
