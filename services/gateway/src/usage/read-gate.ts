import { Fault } from '@sluice/platform/fault';

/** Reports have a few connections of their own; these many questions wait for one in half a second. */
const READS_MAX = 16;
const READS_PER_ASKER_MAX = 4;
const RETRY_AFTER_MS = 1_000;

/** Bounds how many questions about usage and history run at once, in all and for one who asks: they cost nothing, but no flood of them may fill the database's queue. */
export class ReadGate {
  readonly #running = new Map<string, number>();
  #total = 0;

  /** Rejects with a Fault, and asks nothing, when too many questions run already. */
  async run<Answer>(asker: string, ask: () => Promise<Answer>): Promise<Answer> {
    const running = this.#running.get(asker) ?? 0;
    if (running >= READS_PER_ASKER_MAX)
      throw tooMany('CONCURRENCY_LIMIT_EXCEEDED', 'Too many of your questions about usage are being answered.');
    if (this.#total >= READS_MAX) throw tooMany('SERVER_OVERLOADED', 'Too many questions about usage are being answered.');
    this.#running.set(asker, running + 1);
    this.#total += 1;
    try {
      return await ask();
    } finally {
      this.#total -= 1;
      const left = (this.#running.get(asker) ?? 1) - 1;
      if (left > 0) this.#running.set(asker, left);
      else this.#running.delete(asker);
    }
  }
}

function tooMany(code: 'CONCURRENCY_LIMIT_EXCEEDED' | 'SERVER_OVERLOADED', message: string): Fault {
  return new Fault(code, { message: `${message} Please try again in ${RETRY_AFTER_MS / 1_000}s.`, retryAfterMs: RETRY_AFTER_MS });
}
