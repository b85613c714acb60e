/**
 * Copies between slots that the engine makes with its next step. Until then what they are made from must stay, and what
 * they fill is not there, although both slots seem to hold it.
 */
export class PendingCopies {
  readonly #sources = new Set<number>();
  readonly #targets = new Set<number>();

  add(from: number, to: number): void {
    this.#sources.add(from);
    this.#targets.add(to);
  }

  /** What the slot seems to hold has yet to come. */
  fills(slot: number): boolean {
    return this.#targets.has(slot);
  }

  /** What is written into the slot before the next step would be overwritten, or copied in the place of what was there. */
  involves(slot: number): boolean {
    return this.#sources.has(slot) || this.#targets.has(slot);
  }

  /** A step has been made. */
  clear(): void {
    this.#sources.clear();
    this.#targets.clear();
  }
}
