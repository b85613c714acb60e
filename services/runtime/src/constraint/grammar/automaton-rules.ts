import { stepsOf, type Automaton, type State } from '../language/automaton.ts';
import type { CodePoints } from '../language/code-points.ts';
import { choice, NEVER, ruleNamed, sequence, type Expression } from './expression.ts';
import type { Rules } from './rules.ts';

export type AutomatonWriting = {
  /** How one of a set of characters is written. */
  readonly encode: (set: CodePoints) => readonly Expression[];
  /** What follows an accepted text. */
  readonly end: Expression;
};

/** Literals are written in one piece up to this length; calls nest as deep. */
const CHAIN_MAX = 64;

/** A rule for each state from which the text may go on: deterministic, so that one stack is enough for llama.cpp. */
export function automatonRules(rules: Rules, automaton: Automaton, { encode, end }: AutomatonWriting): Expression {
  if (automaton.states.length === 0) return NEVER;
  const entries = countEntries(automaton);
  const names = new Map<number, string>();
  const pending: number[] = [];

  const nameOf = (index: number): Expression => {
    const known = names.get(index);
    if (known !== undefined) return ruleNamed(known);
    const name = rules.reserve('s');
    names.set(index, name);
    pending.push(index);
    return ruleNamed(name);
  };
  const bodyOf = (state: State, chain: number): Expression => {
    const options: Expression[] = state.isAccepting ? [end] : [];
    for (const { set, target } of stepsOf(automaton, state)) {
      const next = automaton.states[target];
      // What is entered from one place only, and goes on in one way, is a piece of a literal.
      const isInLine = next && entries[target] === 1 && isStraight(next) && chain < CHAIN_MAX;
      const rest = isInLine ? bodyOf(next, chain + 1) : nameOf(target);
      options.push(...encode(set).map((written) => sequence(written, rest)));
    }
    return choice(...options);
  };
  const isStraight = (state: State): boolean => {
    const [step, ...others] = stepsOf(automaton, state);
    return state.isAccepting ? step === undefined : step !== undefined && others.length === 0 && encode(step.set).length === 1;
  };

  const start = nameOf(0);
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const state = automaton.states[index];
    const name = names.get(index);
    if (state && name !== undefined) rules.define(name, bodyOf(state, 0));
  }
  return start;
}

function countEntries(automaton: Automaton): readonly number[] {
  const entries = automaton.states.map(() => 0);
  for (const state of automaton.states) {
    for (const { target } of stepsOf(automaton, state)) entries[target] = (entries[target] ?? 0) + 1;
  }
  return entries;
}
