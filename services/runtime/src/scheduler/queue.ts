/** A bounded queue in order of priority, then of arrival. */
export class PriorityQueue<Item extends { readonly priority: number }> {
  readonly limit: number;
  readonly #items: Item[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Returns false, and takes nothing, when the queue is full. */
  push(item: Item): boolean {
    if (this.#items.length >= this.limit) return false;
    // Most items share one priority, so the place is nearly always at the end.
    let at = this.#items.length;
    while (at > 0 && (this.#items[at - 1]?.priority ?? 0) < item.priority) at--;
    this.#items.splice(at, 0, item);
    return true;
  }

  shift(): Item | undefined {
    return this.#items.shift();
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
