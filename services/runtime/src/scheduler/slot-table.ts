import type { SequenceTokens } from './sequence-tokens.ts';

type Slot<Owner> = {
  owner: Owner | undefined;
  /** What its KV cache still holds of earlier work. A slot whose owner has begun holds what the owner put there. */
  held: SequenceTokens | undefined;
  /** Grows with every use, so that the smallest was used longest ago. */
  usedAt: number;
};

/** Which slots are taken, and what the others still hold. Sequences decode together only when their slots are contiguous. */
export class SlotTable<Owner> {
  readonly #slots: Slot<Owner>[];
  #busy = 0;
  #uses = 0;

  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, () => ({ owner: undefined, held: undefined, usedAt: 0 }));
  }

  get total(): number {
    return this.#slots.length;
  }

  get busy(): number {
    return this.#busy;
  }

  take(slot: number, owner: Owner): void {
    const entry = this.#entry(slot);
    if (entry.owner !== undefined) throw new Error(`slot ${slot} is taken`);
    entry.owner = owner;
    entry.usedAt = ++this.#uses;
    this.#busy++;
  }

  /** Frees a slot, which goes on holding these tokens. */
  release(slot: number, held: SequenceTokens | undefined): void {
    const entry = this.#entry(slot);
    if (entry.owner === undefined) return;
    entry.owner = undefined;
    entry.held = held;
    entry.usedAt = ++this.#uses;
    this.#busy--;
  }

  /** Owners in ascending slot order. */
  owners(): Owner[] {
    const owners: Owner[] = [];
    for (const { owner } of this.#slots) if (owner !== undefined) owners.push(owner);
    return owners;
  }

  /** In slot order. */
  taken(): { readonly owner: Owner; readonly usedAt: number }[] {
    return this.#slots.flatMap(({ owner, usedAt }) => (owner === undefined ? [] : [{ owner, usedAt }]));
  }

  heldAt(slot: number): SequenceTokens | undefined {
    return this.#entry(slot).held;
  }

  forget(slot: number): void {
    this.#entry(slot).held = undefined;
  }

  /** What is held at slots that were not begun anew since, in slot order. */
  held(): { readonly slot: number; readonly tokens: SequenceTokens; readonly isFree: boolean; readonly usedAt: number }[] {
    return this.#slots.flatMap(({ owner, held, usedAt }, slot) =>
      held === undefined ? [] : [{ slot, tokens: held, isFree: owner === undefined, usedAt }],
    );
  }

  /**
   * The free slot that is the least loss: one that closes a hole between taken ones, else one beside them; of several an
   * empty one, else the one used longest ago. Undefined when all are taken.
   */
  leastUseful(): number | undefined {
    const [low, high] = this.#range();
    if (low === undefined || high === undefined) return this.#best(() => true);
    return (
      this.#best((slot) => slot > low && slot < high) ??
      this.#best((slot) => slot === low - 1 || slot === high + 1) ??
      this.#best(() => true)
    );
  }

  /** A free slot for something that is kept but not used: an empty one, else the one used longest ago, but never `except`. */
  leastRecent(except: number): number | undefined {
    return this.#best((slot) => slot !== except);
  }

  usedAt(slot: number): number {
    return this.#entry(slot).usedAt;
  }

  /** The held tokens of a slot now are in another one as well. */
  copied(from: number, to: number): void {
    const source = this.#entry(from);
    const target = this.#entry(to);
    target.held = source.held;
    target.usedAt = source.usedAt;
  }

  /** The move that would shrink the range of taken slots: the highest taken one into a hole below it. */
  compaction(): { readonly owner: Owner; readonly from: number; readonly to: number } | undefined {
    const from = this.#slots.findLastIndex(({ owner }) => owner !== undefined);
    const owner = this.#slots[from]?.owner;
    const low = this.#slots.findIndex((slot) => slot.owner !== undefined);
    const to = this.#best((slot) => slot > low && slot < from);
    return to !== undefined && owner !== undefined ? { owner, from, to } : undefined;
  }

  /** Records that the owner of `from` now sits in the free slot `to`, and what it found there came with it. */
  moved(from: number, to: number): void {
    const source = this.#entry(from);
    const target = this.#entry(to);
    target.owner = source.owner;
    target.held = source.held;
    target.usedAt = source.usedAt;
    source.owner = undefined;
    source.held = undefined;
  }

  #range(): [number, number] | [undefined, undefined] {
    const low = this.#slots.findIndex(({ owner }) => owner !== undefined);
    return low < 0 ? [undefined, undefined] : [low, this.#slots.findLastIndex(({ owner }) => owner !== undefined)];
  }

  /** Among the free slots that fit: the lowest empty one, else the one used longest ago. */
  #best(fits: (slot: number) => boolean): number | undefined {
    let best: number | undefined;
    let bestUsedAt = Infinity;
    for (const [slot, { owner, held, usedAt }] of this.#slots.entries()) {
      if (owner !== undefined || !fits(slot)) continue;
      const age = held === undefined ? -1 : usedAt;
      if (age >= bestUsedAt) continue;
      best = slot;
      bestUsedAt = age;
    }
    return best;
  }

  #entry(slot: number): Slot<Owner> {
    const entry = this.#slots[slot];
    if (!entry) throw new RangeError(`no slot ${slot}`);
    return entry;
  }
}
