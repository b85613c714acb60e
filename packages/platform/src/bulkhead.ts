import { Fault } from './fault.ts';

export type BulkheadSize = {
  readonly running: number;
  /** Behind the running ones; whoever comes then is refused. */
  readonly waiting: number;
};

/** Keeps heavy work from taking everything: so many tasks at once, so many in line, first come first served. */
export class Bulkhead {
  readonly #size: BulkheadSize;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(size: BulkheadSize) {
    this.#size = size;
  }

  /** The task's own result. Throws SERVER_OVERLOADED, without having begun, when the line is full. */
  async run<Value>(task: () => Promise<Value>): Promise<Value> {
    await this.#enter();
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#size.running) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#size.waiting) {
      throw new Fault('SERVER_OVERLOADED', { message: 'The server is busy right now. Please try again in a moment.' });
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes straight to the next in line, so that nobody who comes just now gets ahead of it. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
