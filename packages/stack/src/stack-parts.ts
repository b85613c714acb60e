import { setTimeout as sleep } from 'node:timers/promises';
import type { Child, ChildExit } from './child-process.ts';

/** Those that use others stop before them. */
const STOP_ORDER = ['gateway', 'jobs', 'runtime', 'redis', 'postgres'];

/** The running programs of one stack. */
export class StackParts {
  readonly #children: Child[] = [];
  readonly #onChange: (children: readonly Child[]) => void;
  #isStopping = false;
  #unbroken: Promise<unknown> = Promise.resolve();

  /** `onChange` hears of every new part, with all parts in the order in which they are to stop. */
  constructor(onChange: (children: readonly Child[]) => void) {
    this.#onChange = onChange;
  }

  /** Takes a part in; one that comes when the others are stopping already is stopped, and the promise rejects. */
  async add(child: Child): Promise<Child> {
    this.#children.push(child);
    this.#onChange(this.#inStopOrder());
    if (this.#isStopping) {
      await child.stop();
      throw new Error(`${child.name} was stopped while it started`);
    }
    return child;
  }

  /** Calls back for every part that ends without having been asked to. */
  watch(onDied: (child: Child, exit: ChildExit) => void): void {
    for (const child of this.#children) {
      void child.exited.then((exit) => (this.#isStopping ? undefined : onDied(child, exit)));
    }
  }

  /** Lets `work` end, well or not, before any part is stopped, for `deadlineMs` from now at most. */
  awaitBeforeStop(work: Promise<unknown>, deadlineMs: number): void {
    this.#unbroken = Promise.race([work.catch(() => {}), sleep(deadlineMs, undefined, { ref: false })]);
  }

  /** Stops one after the other. Idempotent. */
  async stopAll(onStop?: (name: string) => void): Promise<void> {
    this.#isStopping = true;
    await this.#unbroken;
    for (const child of this.#inStopOrder()) {
      if (!child.exitSignal.aborted) onStop?.(child.name);
      await child.stop();
    }
  }

  #inStopOrder(): readonly Child[] {
    return this.#children.toSorted((a, b) => STOP_ORDER.indexOf(a.name) - STOP_ORDER.indexOf(b.name));
  }
}
