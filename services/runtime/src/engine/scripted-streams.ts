/**
 * What the slots of a scripted engine hold, with the delay that llama.cpp has: how many tokens there are changes at once,
 * but what was computed of them is copied by the next step, all of it, after whatever was written in the meantime.
 */
export class ScriptedStreams {
  readonly #cells: number[][];
  readonly #lengths: number[];
  #copies: { readonly from: number; readonly to: number }[] = [];

  constructor(slots: number) {
    this.#cells = Array.from({ length: slots }, () => []);
    this.#lengths = Array.from({ length: slots }, () => 0);
  }

  length(slot: number): number {
    const length = this.#lengths[slot];
    if (length === undefined) throw new RangeError(`no slot ${slot}`);
    return length;
  }

  /** Read it, do not change it. */
  tokens(slot: number): readonly number[] {
    const cells = this.#cellsOf(slot);
    const length = this.length(slot);
    return cells.length === length ? cells : cells.slice(0, length);
  }

  trim(slot: number, length: number): void {
    this.#lengths[slot] = Math.min(length, this.length(slot));
  }

  copy(from: number, to: number): void {
    this.#lengths[to] = this.length(from);
    this.#copies.push({ from, to });
  }

  /** Writes at once, also where a copy waits. */
  load(slot: number, tokens: readonly number[]): void {
    this.#cells[slot] = [...tokens];
    this.#lengths[slot] = tokens.length;
  }

  /** Makes the copies that wait; a step begins with that. */
  settle(): void {
    for (const { from, to } of this.#copies) this.#cells[to] = [...this.#cellsOf(from)];
    this.#copies = [];
  }

  /** Part of a step. */
  append(slot: number, tokens: Iterable<number>): void {
    const cells = this.#cellsOf(slot);
    cells.length = this.length(slot);
    cells.push(...tokens);
    this.#lengths[slot] = cells.length;
  }

  #cellsOf(slot: number): number[] {
    const cells = this.#cells[slot];
    if (!cells) throw new RangeError(`no slot ${slot}`);
    return cells;
  }
}
