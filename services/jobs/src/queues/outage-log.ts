import type { Log } from '@sluice/platform/log';

/** What several connections say of one outage, said once. */
export class OutageLog {
  readonly #log: Log;
  #isOut = false;

  constructor(log: Log) {
    this.#log = log;
  }

  error(error: Error): void {
    if (!isConnectionError(error)) {
      this.#log.warn({ err: error }, 'a queue in Redis');
      return;
    }
    if (!this.#isOut) this.#log.warn({ err: error }, 'Redis is away; the jobs wait for it');
    this.#isOut = true;
  }

  ready(): void {
    this.#isOut = false;
  }
}

/** A system's error, e.g. ECONNREFUSED, or the client's own word for it. */
function isConnectionError(error: Error): boolean {
  return 'code' in error || error.message === 'Connection is closed.';
}
