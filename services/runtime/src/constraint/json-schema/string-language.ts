import { isEmpty, lengthsOf, type Automaton } from '../language/automaton.ts';
import { both, ofLength } from '../language/combine.ts';
import { determinise } from '../language/determinise.ts';
import { ANY_CHARACTER } from '../language/code-points.ts';
import { characters, repeat, sequence } from '../language/pattern.ts';
import { parsePattern } from '../language/parse-pattern.ts';
import { formatLanguage } from './formats.ts';
import { textAt } from './keywords.ts';
import { attempt, invalid, type Leaf } from './place.ts';
import { formatsOf, leafWith, type Shape } from './shape.ts';

/** The strings that patterns and formats leave; undefined when there are none of these, and only the length counts. */
export function stringLanguage(shape: Shape): Automaton | undefined {
  return joined(shape, [...patternsOf(shape.leaves), ...formatLanguages(shape.leaves)]);
}

/**
 * The strings that any validator may take: a format says nothing to some, and more to others than it does here. Undefined
 * when only the length counts.
 */
export function widestStringLanguage(shape: Shape): Automaton | undefined {
  return joined(shape, patternsOf(shape.leaves));
}

function joined(shape: Shape, [first, ...others]: readonly Automaton[]): Automaton | undefined {
  if (!first) return undefined;
  const leaf = leafWith(shape.leaves, 'pattern') ?? leafWith(shape.leaves, 'format') ?? shape.leaves[0];
  if (!leaf) return first;
  const all = attempt(leaf, 'pattern', () => others.reduce(both, first));
  return withLength(leaf, all, shape.length);
}

/** Texts in which a pattern is found anywhere, as JSON Schema has it. */
export function searchLanguage(source: string): Automaton {
  const anything = repeat(characters(ANY_CHARACTER), 0);
  return determinise(sequence(anything, parsePattern(source), anything));
}

function withLength(leaf: Leaf, automaton: Automaton, { min, max }: Shape['length']): Automaton {
  if (isEmpty(automaton)) return automaton;
  const lengths = lengthsOf(automaton);
  if (lengths.min >= min && lengths.max <= max) return automaton;
  return attempt(leaf, 'pattern', () => ofLength(automaton, min, max));
}

function patternsOf(leaves: readonly Leaf[]): Automaton[] {
  return leaves.flatMap((leaf) => {
    const pattern = textAt(leaf, 'pattern');
    if (pattern === undefined) return [];
    assertPattern(leaf, 'pattern', pattern);
    return [attempt(leaf, 'pattern', () => searchLanguage(pattern))];
  });
}

function formatLanguages(leaves: readonly Leaf[]): Automaton[] {
  // Formats of numbers say nothing about strings, and others were refused by name.
  return formatsOf(leaves).flatMap((format) => formatLanguage(format) ?? []);
}

/** Throws a Fault for what is no regular expression. */
export function assertPattern(leaf: Leaf, keyword: string, pattern: string): void {
  try {
    new RegExp(pattern, 'u');
  } catch {
    throw invalid(leaf, keyword, 'The pattern is no regular expression of ECMAScript (with the `u` flag).');
  }
}
