/**
 * Waiting a second is worth one point of priority. The seeded tiers are ten points apart, so the next higher one overtakes
 * what came up to ten seconds before it, and the lowest waits 20 s for later arrivals at most, of its default 120 s.
 */
const MS_PER_POINT = 1_000;

/** A place in line, smaller first. All that wait age alike, so the order of two never changes and is known when they come. */
export function rankOf(item: { readonly priority: number; readonly arrivedMs: number }): number {
  return item.arrivedMs - item.priority * MS_PER_POINT;
}

/** The priority that something has which stands at `rank` in line now: its own, and what it gained by waiting. */
export function priorityAt(rank: number, nowMs: number): number {
  return (nowMs - rank) / MS_PER_POINT;
}

/** A bounded queue in order of rank, then of arrival. */
export class PriorityQueue<Item extends { readonly rank: number }> {
  readonly limit: number;
  readonly #items: Item[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Returns false, and takes nothing, when the queue is full, unless it is forced to. */
  push(item: Item, { isForced = false } = {}): boolean {
    if (this.#items.length >= this.limit && !isForced) return false;
    // Most items share one priority, so the place is nearly always at the end.
    let at = this.#items.length;
    while (at > 0 && (this.#items[at - 1]?.rank ?? 0) > item.rank) at--;
    this.#items.splice(at, 0, item);
    return true;
  }

  shift(): Item | undefined {
    return this.#items.shift();
  }

  /** In order. */
  values(): Iterable<Item> {
    return this.#items.values();
  }

  entries(): IterableIterator<[number, Item]> {
    return this.#items.entries();
  }

  /** Takes out every item that fits the test, in order. */
  remove(isWanted: (item: Item) => boolean): Item[] {
    const removed: Item[] = [];
    for (let i = 0; i < this.#items.length;) {
      const item = this.#items[i];
      if (item !== undefined && isWanted(item)) removed.push(...this.#items.splice(i, 1));
      else i++;
    }
    return removed;
  }
}
