import { choice, EMPTY, sequence, text, type Expression } from './expression.ts';

/** A text, and what follows it. */
export type Word = { readonly text: string; readonly next: Expression };

type Letters = { readonly letters: readonly string[]; readonly next: Expression };

/** These words and no others. */
export function wordsRule(words: readonly string[]): Expression {
  return branchesRule([...new Set(words)].map((word) => ({ text: word, next: EMPTY })));
}

/** One of these words with what follows it; what they begin with in common is written once, so that few ways are open at a time. */
export function branchesRule(words: readonly Word[]): Expression {
  return rest(
    words.map((word) => ({ letters: Array.from(word.text), next: word.next })),
    0,
  );
}

/** The words from `start` on; they are the same before it. */
function rest(words: readonly Letters[], start: number): Expression {
  const byLetter = new Map<string, Letters[]>();
  const options: Expression[] = [];
  for (const word of words) {
    const letter = word.letters[start];
    const group = letter === undefined ? undefined : byLetter.get(letter);
    if (letter === undefined) options.push(word.next);
    else if (group) group.push(word);
    else byLetter.set(letter, [word]);
  }
  for (const group of byLetter.values()) {
    const [first, ...others] = group;
    if (!first) continue;
    const end = others.length === 0 ? first.letters.length : sharedLength(group, start);
    const beginning = text(first.letters.slice(start, end).join(''));
    options.push(sequence(beginning, others.length === 0 ? first.next : rest(group, end)));
  }
  return choice(...options);
}

function sharedLength(words: readonly Letters[], start: number): number {
  const letters = words[0]?.letters ?? [];
  let end = start + 1;
  while (end < letters.length && words.every((word) => word.letters[end] === letters[end])) end++;
  return end;
}
