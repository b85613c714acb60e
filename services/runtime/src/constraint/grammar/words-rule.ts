import { choice, EMPTY, sequence, text, type Expression } from './expression.ts';

/** These words and no others, what they begin with in common written once, so that a model's tokens meet one way at a time. */
export function wordsRule(words: readonly string[]): Expression {
  return rest(
    [...new Set(words)].map((word) => Array.from(word)),
    0,
  );
}

/** The words from `start` on; they are the same before it. */
function rest(words: readonly (readonly string[])[], start: number): Expression {
  const byCharacter = new Map<string, (readonly string[])[]>();
  const options: Expression[] = [];
  for (const word of words) {
    const next = word[start];
    if (next === undefined) options.push(EMPTY);
    else byCharacter.set(next, [...(byCharacter.get(next) ?? []), word]);
  }
  for (const group of byCharacter.values()) {
    const end = sharedLength(group, start);
    const beginning = text(group[0]?.slice(start, end).join('') ?? '');
    options.push(sequence(beginning, group.length === 1 ? EMPTY : rest(group, end)));
  }
  return choice(...options);
}

function sharedLength(words: readonly (readonly string[])[], start: number): number {
  const [first = []] = words;
  let end = start + 1;
  while (end < first.length && words.every((word) => word[end] === first[end])) end++;
  return end;
}
