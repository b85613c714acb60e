import { has, lettersOf } from './code-points.ts';
import { NOWHERE, type Automaton, type State } from './automaton.ts';
import { minimise } from './minimise.ts';
import { buildNfa, type Nfa } from './nfa.ts';
import type { Pattern } from './pattern.ts';
import { Unsupported } from '../unsupported.ts';

/** Above this, a grammar made of it would slow every token down. */
export const STATES_MAX = 3_000;

/** The automaton of the texts that a pattern matches from beginning to end. Throws Unsupported when it would be too large. */
export function determinise(pattern: Pattern): Automaton {
  const nfa = buildNfa(pattern);
  const letters = lettersOf(nfa.states.map((state) => state.set));
  const places = new Map<string, number>();
  const queue: (readonly number[])[] = [];
  const placeOf = (members: readonly number[]): number => {
    if (members.length === 0) return NOWHERE;
    const key = members.join();
    const known = places.get(key);
    if (known !== undefined) return known;
    if (queue.length >= STATES_MAX) throw new Unsupported('a pattern that needs too many states');
    places.set(key, queue.length);
    return queue.push(members) - 1;
  };

  // The start is the only state where the text has not begun, so it is never entered again.
  queue.push(closureOf(nfa, [nfa.start], { isStart: true, isEnd: false }));
  const states: State[] = [];
  for (let i = 0; i < queue.length; i++) {
    const members = queue[i] ?? [];
    const isStart = i === 0;
    const isAccepting = closureOf(nfa, members, { isStart, isEnd: true }).includes(nfa.accept);
    const next = letters.map((codePoint) => placeOf(closureOf(nfa, entered(nfa, members, codePoint), { isStart: false, isEnd: false })));
    states.push({ isAccepting, next });
  }
  return minimise({ letters, states });
}

function entered(nfa: Nfa, members: readonly number[], codePoint: number): number[] {
  return members.flatMap((index) => {
    const state = nfa.states[index];
    return state && state.next >= 0 && has(state.set, codePoint) ? [state.next] : [];
  });
}

/** The states of interest that can be reached without reading a character, in ascending order. */
function closureOf(nfa: Nfa, from: readonly number[], where: { isStart: boolean; isEnd: boolean }): readonly number[] {
  const reached = new Set<number>();
  const pending = [...from];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const state = nfa.states[index];
    if (!state) continue;
    pending.push(...state.silent);
    if (where.isStart && state.atStart >= 0) pending.push(state.atStart);
    if (where.isEnd && state.atEnd >= 0) pending.push(state.atEnd);
  }
  // Those that only lead to others would make equal sets look different.
  return [...reached].filter((index) => isOfInterest(nfa, index)).sort((a, b) => a - b);
}

function isOfInterest(nfa: Nfa, index: number): boolean {
  const state = nfa.states[index];
  return index === nfa.accept || (state !== undefined && (state.next >= 0 || state.atEnd >= 0));
}
