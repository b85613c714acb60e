import { type CodePoints, unite } from './code-points.ts';

export type State = {
  readonly isAccepting: boolean;
  /** The next state for each letter; NOWHERE when no accepted text goes on like that. */
  readonly next: readonly number[];
};

export const NOWHERE = -1;

/** A language that is regular, as a deterministic automaton. State 0 is the start; the empty language has no states. */
export type Automaton = {
  /** The first code point of each letter; a letter goes to the one before the next. */
  readonly letters: readonly number[];
  readonly states: readonly State[];
};

/** One step for each group of characters that leads to the same state. */
export function stepsOf(automaton: Automaton, state: State): readonly { readonly set: CodePoints; readonly target: number }[] {
  const byTarget = new Map<number, CodePoints[]>();
  state.next.forEach((target, letter) => {
    if (target === NOWHERE) return;
    const sets = byTarget.get(target) ?? [];
    sets.push([rangeOf(automaton.letters, letter)]);
    byTarget.set(target, sets);
  });
  return [...byTarget].map(([target, sets]) => ({ set: unite(sets), target }));
}

export function accepts(automaton: Automaton, text: string): boolean {
  let state = automaton.states[0];
  for (const char of text) {
    const letter = letterOf(automaton.letters, char.codePointAt(0) ?? 0);
    const next = state?.next[letter] ?? NOWHERE;
    if (next === NOWHERE) return false;
    state = automaton.states[next];
  }
  return state?.isAccepting ?? false;
}

export function isEmpty(automaton: Automaton): boolean {
  return automaton.states.length === 0;
}

/** The shortest and longest accepted text, in characters. */
export function lengthsOf(automaton: Automaton): { readonly min: number; readonly max: number } {
  let min = Number.POSITIVE_INFINITY;
  let front = new Set(automaton.states.length === 0 ? [] : [0]);
  for (let length = 0; front.size > 0; length++) {
    // Longer than there are states means that something repeats, and every state leads to an end.
    if (length >= automaton.states.length) return { min, max: Number.POSITIVE_INFINITY };
    const states = [...front].flatMap((index) => automaton.states[index] ?? []);
    if (min === Number.POSITIVE_INFINITY && states.some((state) => state.isAccepting)) min = length;
    const next = new Set(states.flatMap((state) => state.next).filter((target) => target !== NOWHERE));
    if (next.size === 0) return { min, max: length };
    front = next;
  }
  return { min, max: 0 };
}

/** The last letter that begins at `codePoint` or before. */
export function letterOf(letters: readonly number[], codePoint: number): number {
  let low = 0;
  let high = letters.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((letters[middle] ?? 0) <= codePoint) low = middle;
    else high = middle;
  }
  return low;
}

/** Letters are cut at surrogates, so one never holds any. */
function rangeOf(letters: readonly number[], letter: number): readonly [number, number] {
  const first = letters[letter] ?? 0;
  const end = letters[letter + 1] ?? 0x11_00_00;
  return [first, (first < 0xd8_00 && end > 0xd8_00 ? 0xd8_00 : end) - 1];
}
