/** A set of code points: sorted, disjoint, not touching ranges, both ends included. */
export type CodePoints = readonly CodePointRange[];
export type CodePointRange = readonly [first: number, last: number];

const CODE_POINT_MAX = 0x10_ff_ff;

/** Everything that text can hold: NUL is left out because llama.cpp ends strings there, surrogates because UTF-8 has none. */
export const ANY_CHARACTER: CodePoints = [
  [1, 0xd7_ff],
  [0xe0_00, CODE_POINT_MAX],
];

export const NO_CHARACTER: CodePoints = [];

export function character(codePoint: number): CodePoints {
  return [[codePoint, codePoint]];
}

/** The characters of `text`, in any order. */
export function charactersOf(text: string): CodePoints {
  return unite(Array.from(text, (char) => character(char.codePointAt(0) ?? 0)));
}

export function unite(sets: readonly CodePoints[]): CodePoints {
  const ranges = sets.flat().sort((a, b) => a[0] - b[0]);
  const united: [number, number][] = [];
  for (const [first, last] of ranges) {
    const previous = united.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else united.push([first, last]);
  }
  return united;
}

export function intersect(a: CodePoints, b: CodePoints): CodePoints {
  const common: CodePointRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i], b[j]];
    if (!x || !y) break;
    const first = Math.max(x[0], y[0]);
    const last = Math.min(x[1], y[1]);
    if (first <= last) common.push([first, last]);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return common;
}

/** What of `whole` is not in `set`. */
export function without(whole: CodePoints, set: CodePoints): CodePoints {
  const gaps: CodePointRange[] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= CODE_POINT_MAX) gaps.push([next, CODE_POINT_MAX]);
  return intersect(whole, gaps);
}

export function has(set: CodePoints, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

/**
 * Cuts all characters into the fewest ranges that no set divides, so that an automaton can treat each as one letter.
 * Returns the first code point of each range.
 */
export function lettersOf(sets: readonly CodePoints[]): readonly number[] {
  const starts = new Set<number>();
  for (const [first, last] of [ANY_CHARACTER, ...sets].flat()) {
    starts.add(first);
    starts.add(last + 1);
  }
  return [...starts].filter((start) => has(ANY_CHARACTER, start)).sort((a, b) => a - b);
}
