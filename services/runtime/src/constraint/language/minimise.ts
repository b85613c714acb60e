import { NOWHERE, type Automaton, type State } from './automaton.ts';

/** The smallest automaton of the same language; states from which nothing is accepted are gone. */
export function minimise(automaton: Automaton): Automaton {
  const { states, letters } = livingPart(automaton);
  if (states.length === 0) return { letters, states };
  const classOf = equivalenceClasses(states, letters.length);
  // Numbered as they are met, so that the start is state 0 again.
  const places = new Map([[classOf[0] ?? 0, 0]]);
  const firsts = [states[0]];
  const merged: State[] = [];
  for (let i = 0; i < firsts.length; i++) {
    const { isAccepting, next } = firsts[i] ?? DEAD;
    merged.push({
      isAccepting,
      next: next.map((target) => {
        if (target === NOWHERE) return NOWHERE;
        const own = classOf[target] ?? 0;
        const known = places.get(own);
        if (known !== undefined) return known;
        places.set(own, firsts.length);
        return firsts.push(states[target]) - 1;
      }),
    });
  }
  return { letters, states: merged };
}

const DEAD: State = { isAccepting: false, next: [] };

/** Hopcroft's algorithm: n log n, where comparing all states until nothing changes would take seconds for long repetitions. */
function equivalenceClasses(states: readonly State[], letters: number): readonly number[] {
  const classOf: number[] = states.map((state) => (state.isAccepting ? 1 : 0));
  const classes: Set<number>[] = [new Set(), new Set()];
  classOf.forEach((own, i) => classes[own]?.add(i));
  const sources = sourcesOf(states, letters);
  const pending = new Set([0, 1]);
  for (const splitter of pending) {
    pending.delete(splitter);
    const targets = [...(classes[splitter] ?? [])];
    for (let letter = 0; letter < letters; letter++) {
      const touched = new Map<number, number[]>();
      for (const target of targets) {
        for (const source of sources[letter]?.[target] ?? []) {
          const own = classOf[source] ?? 0;
          const members = touched.get(own);
          if (members) members.push(source);
          else touched.set(own, [source]);
        }
      }
      for (const [own, members] of touched) {
        const whole = classes[own];
        if (!whole || members.length === whole.size) continue;
        const split = classes.push(new Set(members)) - 1;
        for (const member of members) {
          whole.delete(member);
          classOf[member] = split;
        }
        if (pending.has(own) || members.length <= whole.size) pending.add(split);
        else pending.add(own);
      }
    }
  }
  return classOf;
}

/** For each letter and state, the states that lead there. */
function sourcesOf(states: readonly State[], letters: number): readonly (readonly (number[] | undefined)[])[] {
  const sources: (number[] | undefined)[][] = Array.from({ length: letters }, () => []);
  states.forEach(({ next }, source) =>
    next.forEach((target, letter) => {
      const row = sources[letter];
      if (target === NOWHERE || !row) return;
      const known = row[target];
      if (known) known.push(source);
      else row[target] = [source];
    }),
  );
  return sources;
}

/** States that are reached from the start and lead to an accepting one. */
function livingPart({ states, letters }: Automaton): Automaton {
  const sources = new Map<number, number[]>();
  const reached = new Set<number>();
  const pending = states.length === 0 ? [] : [0];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    for (const target of new Set(states[index]?.next)) {
      if (target === NOWHERE) continue;
      sources.set(target, [...(sources.get(target) ?? []), index]);
      pending.push(target);
    }
  }
  const living = new Set<number>();
  pending.push(...[...reached].filter((index) => states[index]?.isAccepting));
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (living.has(index)) continue;
    living.add(index);
    pending.push(...(sources.get(index) ?? []));
  }
  if (!living.has(0)) return { letters, states: [] };
  const kept = [...living].sort((a, b) => a - b);
  const placeOf = new Map(kept.map((index, place) => [index, place]));
  return {
    letters,
    states: kept.flatMap((index) => {
      const state = states[index];
      return state ? [{ ...state, next: state.next.map((target) => placeOf.get(target) ?? NOWHERE) }] : [];
    }),
  };
}
