import type { Log } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';
import type { HistoryStore } from './history-store.ts';

/** At 1,000 requests a second this is 20 s of a database that is away, in about 20 MB. */
const ROWS_MAX = 20_000;
const BATCH_MAX = 500;
/** Rows wait this long for company. */
const LINGER_MS = 100;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;
/** What closing waits for; the rows that are left then are counted as lost. */
const CLOSE_MS = 5_000;

type HistoryQueueOptions = {
  readonly store: Pick<HistoryStore, 'append'>;
  readonly log: Log;
  readonly onDropped: (rows: number) => void;
  readonly rowsMax?: number;
};

/** Takes history rows off the response path and writes them in batches. Bounded: when the database is away too long, new rows are dropped, and counted. */
export class HistoryQueue {
  readonly #store: Pick<HistoryStore, 'append'>;
  readonly #log: Log;
  readonly #onDropped: (rows: number) => void;
  readonly #rowsMax: number;
  readonly #closing = new AbortController();
  #rows: RequestRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failures = 0;
  #batchMax = BATCH_MAX;

  constructor(options: HistoryQueueOptions) {
    this.#store = options.store;
    this.#log = options.log;
    this.#onDropped = options.onDropped;
    this.#rowsMax = options.rowsMax ?? ROWS_MAX;
  }

  get depth(): number {
    return this.#rows.length;
  }

  /** Never waits and never throws. */
  push(row: RequestRow): void {
    if (this.#rows.length >= this.#rowsMax) {
      this.#onDropped(1);
      return;
    }
    this.#rows.push(row);
    if (!this.#writing) this.#timer ??= setTimeout(() => this.#write(), LINGER_MS);
  }

  /** Writes what is left, within a deadline. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#write();
    const written = new AbortController();
    const writing = this.#writing?.then(() => written.abort());
    await Promise.race([writing, pause(CLOSE_MS, written.signal)]);
    if (this.#rows.length === 0) return;
    this.#log.error({ rows: this.#rows.length }, 'history rows were lost: the database did not take them before the gateway stopped');
    this.#onDropped(this.#rows.length);
    this.#rows = [];
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#rows.length > 0) {
      const batch = this.#rows.slice(0, this.#batchMax);
      try {
        const outcome = await this.#store.append(batch);
        if (outcome === 'refused') this.#isolate(batch);
        else this.#finish(batch);
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  #finish(batch: readonly RequestRow[]): void {
    this.#rows.splice(0, batch.length);
    this.#batchMax = Math.min(BATCH_MAX, this.#batchMax * 2);
    if (this.#failures > 0) this.#log.info({ failures: this.#failures }, 'history is written again');
    this.#failures = 0;
  }

  /** One bad row must not take its neighbours along: smaller batches, until it stands alone. */
  #isolate(batch: readonly RequestRow[]): void {
    this.#batchMax = Math.max(1, Math.floor(batch.length / 2));
    if (batch.length > 1) return;
    this.#rows.shift();
    this.#onDropped(1);
    this.#log.error({ requestId: batch[0]?.requestId }, 'the database refused a history row');
  }

  async #backOff(cause: unknown): Promise<void> {
    this.#failures += 1;
    if (this.#failures === 1) this.#log.warn({ err: cause, rows: this.#rows.length }, 'history cannot be written; it waits in memory');
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (this.#failures - 1));
    // While closing, the deadline of close() is the bound, so tries only need not to spin.
    if (this.#closing.signal.aborted) await pause(BACKOFF_MIN_MS);
    else await pause(jitter(backoffMs), this.#closing.signal);
  }
}
