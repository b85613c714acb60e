import { NOWHERE, letterOf, type Automaton, type State } from './automaton.ts';
import { ANY_CHARACTER, lettersOf } from './code-points.ts';
import { STATES_MAX } from './determinise.ts';
import { minimise } from './minimise.ts';
import { Unsupported } from '../unsupported.ts';

/** Texts that both accept. */
export function both(a: Automaton, b: Automaton): Automaton {
  return product(a, b, (inA, inB) => inA && inB);
}

/** Texts that `a` accepts and `b` does not. */
export function butNot(a: Automaton, b: Automaton): Automaton {
  return product(a, b, (inA, inB) => inA && !inB);
}

/** All texts. */
export const ANY_TEXT: Automaton = anyText();

/** Texts of `min` to `max` characters that `automaton` accepts. */
export function ofLength(automaton: Automaton, min: number, max: number): Automaton {
  const bound = max === Number.POSITIVE_INFINITY ? min : max;
  if (bound * Math.max(1, automaton.states.length) > STATES_MAX * 20) throw new Unsupported('a length together with a pattern');
  const { letters } = ANY_TEXT;
  const states: State[] = Array.from({ length: bound + 1 }, (_, length) => ({
    isAccepting: length >= min,
    next: letters.map(() => (length < bound ? length + 1 : max === bound ? NOWHERE : bound)),
  }));
  return both(automaton, { letters, states });
}

function product(a: Automaton, b: Automaton, isAccepting: (inA: boolean, inB: boolean) => boolean): Automaton {
  const letters = [...new Set([...a.letters, ...b.letters])].sort((x, y) => x - y);
  const inA = letters.map((letter) => letterOf(a.letters, letter));
  const inB = letters.map((letter) => letterOf(b.letters, letter));
  const places = new Map<string, number>();
  const queue: [number, number][] = [];
  const placeOf = (x: number, y: number): number => {
    if (x === NOWHERE) return NOWHERE;
    const key = `${x}:${y}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    if (queue.length >= STATES_MAX * 4) throw new Unsupported('patterns that need too many states together');
    places.set(key, queue.length);
    return queue.push([x, y]) - 1;
  };
  placeOf(a.states.length === 0 ? NOWHERE : 0, b.states.length === 0 ? NOWHERE : 0);
  const states: State[] = [];
  for (let i = 0; i < queue.length; i++) {
    const [x, y] = queue[i] ?? [NOWHERE, NOWHERE];
    const [stateA, stateB] = [a.states[x], b.states[y]];
    states.push({
      isAccepting: isAccepting(stateA?.isAccepting ?? false, stateB?.isAccepting ?? false),
      next: letters.map((_, letter) => placeOf(stateA?.next[inA[letter] ?? 0] ?? NOWHERE, stateB?.next[inB[letter] ?? 0] ?? NOWHERE)),
    });
  }
  return minimise({ letters, states });
}

function anyText(): Automaton {
  const letters = lettersOf([ANY_CHARACTER]);
  return { letters, states: [{ isAccepting: true, next: letters.map(() => 0) }] };
}
