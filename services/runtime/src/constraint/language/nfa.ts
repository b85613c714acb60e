import { NO_CHARACTER, type CodePoints } from './code-points.ts';
import type { Pattern } from './pattern.ts';
import { Unsupported } from '../unsupported.ts';

/** A state is left over one set of characters, or over nothing at all, or only where the text begins or ends. */
export type NfaState = { set: CodePoints; next: number; readonly silent: number[]; atStart: number; atEnd: number };

export type Nfa = { readonly states: readonly NfaState[]; readonly start: number; readonly accept: number };

const STATES_MAX = 20_000;
const NONE = -1;

/** Thompson's construction. Throws Unsupported when repetitions make it too large. */
export function buildNfa(pattern: Pattern): Nfa {
  const states: NfaState[] = [];
  const add = (): number => {
    if (states.length >= STATES_MAX) throw new Unsupported('a pattern that repeats too much');
    return states.push({ set: NO_CHARACTER, next: NONE, silent: [], atStart: NONE, atEnd: NONE }) - 1;
  };
  const at = (index: number): NfaState => {
    const state = states[index];
    if (!state) throw new Error('no such state');
    return state;
  };

  /** Returns where one is after `part`, coming from `from`. */
  const append = (part: Pattern, from: number): number => {
    switch (part.kind) {
      case 'characters': {
        // A state has one way out over characters, so one that is shared gets a silent step first.
        const own = add();
        at(from).silent.push(own);
        at(own).set = part.set;
        return (at(own).next = add());
      }
      case 'sequence':
        return part.parts.reduce((place, inner) => append(inner, place), from);
      case 'choice': {
        const end = add();
        for (const option of part.options) {
          const begin = add();
          at(from).silent.push(begin);
          at(append(option, begin)).silent.push(end);
        }
        return end;
      }
      case 'repeat':
        return appendRepeat(part, from);
      case 'start':
      case 'end': {
        const own = add();
        at(from).silent.push(own);
        const end = add();
        at(own)[part.kind === 'start' ? 'atStart' : 'atEnd'] = end;
        return end;
      }
      default:
        return part satisfies never;
    }
  };

  const appendRepeat = ({ of, min, max }: { of: Pattern; min: number; max: number }, from: number): number => {
    let place = from;
    // Also what repeats nothing costs a state each time, so that no count is too large to notice.
    for (let i = 0; i < min; i++) {
      add();
      place = append(of, place);
    }
    if (max === Number.POSITIVE_INFINITY) {
      const loop = add();
      at(place).silent.push(loop);
      at(append(of, loop)).silent.push(loop);
      const end = add();
      at(loop).silent.push(end);
      return end;
    }
    const end = add();
    for (let i = min; i < max; i++) {
      add();
      at(place).silent.push(end);
      place = append(of, place);
    }
    at(place).silent.push(end);
    return end;
  };

  const start = add();
  return { accept: append(pattern, start), start, states };
}
