/** Which slots are taken. Sequences decode together only when their slots are contiguous, so the lowest free slot is given out first. */
export class SlotTable<Owner> {
  readonly #owners: (Owner | undefined)[];
  #busy = 0;

  constructor(slots: number) {
    this.#owners = Array.from({ length: slots }, () => undefined);
  }

  get total(): number {
    return this.#owners.length;
  }

  get busy(): number {
    return this.#busy;
  }

  /** Takes the lowest free slot; undefined when all are taken. */
  take(owner: Owner): number | undefined {
    const slot = this.#owners.indexOf(undefined);
    if (slot < 0) return undefined;
    this.#owners[slot] = owner;
    this.#busy++;
    return slot;
  }

  release(slot: number): void {
    if (this.#owners[slot] === undefined) return;
    this.#owners[slot] = undefined;
    this.#busy--;
  }

  /** Owners in ascending slot order. */
  owners(): Owner[] {
    return this.#owners.filter((owner) => owner !== undefined);
  }

  /** The move that would shrink the range of taken slots: the highest taken one into the lowest hole below it. */
  compaction(): { readonly owner: Owner; readonly from: number; readonly to: number } | undefined {
    const to = this.#owners.indexOf(undefined);
    const from = this.#owners.findLastIndex((owner) => owner !== undefined);
    const owner = this.#owners[from];
    return to >= 0 && to < from && owner !== undefined ? { owner, from, to } : undefined;
  }

  /** Records that the owner of `from` now sits in the free slot `to`. */
  moved(from: number, to: number): void {
    this.#owners[to] = this.#owners[from];
    this.#owners[from] = undefined;
  }
}
