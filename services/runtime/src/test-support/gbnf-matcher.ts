import { readGbnf, type GbnfItem, type GbnfOptions } from '../constraint/grammar/read-gbnf.ts';

/** What is still to be matched: items, and what follows them. */
type Rest = { readonly items: readonly GbnfItem[]; readonly at: number; readonly next: Rest | undefined; readonly id: string };

/** Whether a whole text fulfils a grammar. */
export function matchesGbnf(source: string): (text: string) => boolean {
  const follow = followGbnf(source);
  return (text) => follow(text).isWhole;
}

/** How many ways are open at most while a text is read, which is what each token of it costs llama.cpp. */
export function waysOpenIn(source: string): (text: string) => number {
  const follow = followGbnf(source);
  return (text) => follow(text).ways;
}

/** Follows all ways at once; for texts and grammars of a test's size. */
function followGbnf(source: string): (text: string) => { readonly isWhole: boolean; readonly ways: number } {
  const gbnf = readGbnf(source, 'grammar');
  const ids = new Map<readonly GbnfItem[], number>();
  const idOf = (items: readonly GbnfItem[]): number => {
    const id = ids.get(items) ?? ids.size;
    ids.set(items, id);
    return id;
  };
  const rest = (items: readonly GbnfItem[], at: number, next: Rest | undefined): Rest | undefined =>
    at >= items.length ? next : { items, at, next, id: `${idOf(items)}.${at};${next?.id ?? ''}` };

  const unrolled = new Map<string, readonly GbnfItem[]>();
  const unroll = (item: GbnfItem & { kind: 'repeat' }, min: number, max: number): readonly GbnfItem[] => {
    const key = `${idOf(item.of)}:${min}:${max}`;
    const known = unrolled.get(key) ?? [...item.of, { kind: 'repeat', of: item.of, min, max }];
    unrolled.set(key, known);
    return known;
  };

  /** The places before the next character; undefined among them when the text may end. */
  const closure = (start: readonly (Rest | undefined)[]): Map<string, Rest | undefined> => {
    const reached = new Map<string, Rest | undefined>();
    const seen = new Set<string>();
    const pending = [...start];
    while (pending.length > 0) {
      const place = pending.pop();
      const id = place?.id ?? '';
      if (seen.has(id)) continue;
      seen.add(id);
      const item = place?.items[place.at];
      if (!place || !item) {
        reached.set(id, undefined);
        continue;
      }
      const after = rest(place.items, place.at + 1, place.next);
      if (item.kind === 'characters') reached.set(id, place);
      else if (item.kind === 'repeat') {
        if (item.min === 0) pending.push(after);
        const { min, max } = item;
        if (max > 0) pending.push(rest(unroll(item, Math.max(0, min - 1), max - 1), 0, after));
      } else {
        const options: GbnfOptions = item.kind === 'rule' ? (gbnf.get(item.name) ?? []) : item.options;
        for (const option of options) pending.push(rest(option, 0, after));
      }
    }
    return reached;
  };

  return (text) => {
    let places = closure((gbnf.get('root') ?? []).map((option) => rest(option, 0, undefined)));
    let ways = places.size;
    for (const char of text) {
      const codePoint = char.codePointAt(0) ?? 0;
      const next: (Rest | undefined)[] = [];
      for (const place of places.values()) {
        const item = place?.items[place.at];
        if (!place || item?.kind !== 'characters') continue;
        const isIn = item.set.some(([first, last]) => first <= codePoint && codePoint <= last);
        if (isIn !== item.isNegated) next.push(rest(place.items, place.at + 1, place.next));
      }
      places = closure(next);
      if (places.size === 0) return { isWhole: false, ways };
      ways = Math.max(ways, places.size);
    }
    return { isWhole: places.has(''), ways };
  };
}
