import type { Log } from '@sluice/platform/log';
import type { Limiter } from '../limits/limiter.ts';

/** A lease lives for 12 s, so two renewals may fail before it is lost. */
const RENEW_MS = 4_000;
/** One script call stays short. */
const BATCH_MAX = 500;

/** Keeps the leases of everything that runs or waits here, until it is told that it ended. A process that dies keeps none. */
export class LeaseKeeper {
  readonly #limiter: Pick<Limiter, 'renew'>;
  readonly #log: Log;
  readonly #ids = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;

  constructor(options: { limiter: Pick<Limiter, 'renew'>; log: Log }) {
    this.#limiter = options.limiter;
    this.#log = options.log;
  }

  get size(): number {
    return this.#ids.size;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#renew(), RENEW_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  keep(id: string): void {
    this.#ids.add(id);
  }

  drop(id: string): void {
    this.#ids.delete(id);
  }

  async #renew(): Promise<void> {
    // A round that takes longer than the interval is not joined by another.
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const ids = [...this.#ids];
      // Whoever runs nothing asks, too: that is what ends the leases of gateways that died, and lets their clock go on.
      for (let i = 0; i === 0 || i < ids.length; i += BATCH_MAX) await this.#limiter.renew(ids.slice(i, i + BATCH_MAX));
    } catch (error) {
      this.#log.warn({ err: error, leases: this.#ids.size }, 'leases could not be renewed');
    } finally {
      this.#isRenewing = false;
    }
  }
}
