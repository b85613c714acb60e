/** Counts what is open, and tells when nothing is. */
export class Tally {
  #open = 0;
  readonly #waiting = new Set<() => void>();

  /** Counts one in until the returned function is called. */
  enter(): () => void {
    this.#open += 1;
    return () => {
      this.#open -= 1;
      if (this.#open > 0) return;
      for (const notify of this.#waiting) notify();
      this.#waiting.clear();
    };
  }

  /** Resolves when everything that was counted in has been counted out. */
  whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open === 0) resolve();
      else this.#waiting.add(resolve);
    });
  }
}
