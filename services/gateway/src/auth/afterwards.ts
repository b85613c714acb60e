import type { Log } from '@sluice/platform/log';
import { errorCodeOf } from './error-code.ts';

/** Tasks that may be under way at once; more than that means that the database hangs, and they are dropped. */
const TASKS_MAX = 256;

/** Work that an answer does not wait for, so that its time tells nobody whether there was any. */
export class Afterwards {
  readonly #log: Log;
  readonly #tasks = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts the task; `name` is what the log calls it if it fails or there is no room. */
  run(name: string, task: () => Promise<unknown>): void {
    if (this.#tasks.size >= TASKS_MAX) {
      this.#log.error({ task: name }, 'too much is under way: a task was dropped');
      return;
    }
    const running: Promise<void> = task()
      .then(
        () => undefined,
        (error: unknown) => this.#log.error({ task: name, code: errorCodeOf(error) }, 'a task after an answer failed'),
      )
      .finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  /** Resolves when everything that was started is over. */
  async close(): Promise<void> {
    await Promise.all(this.#tasks);
  }
}
