import { randomUUID } from 'node:crypto';
import type { Log } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { HistoryBatch } from '@sluice/prisma/history-batch';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';

/** Takes batches from here towards the database. */
export type HistoryCarrier = {
  /** Resolves when the batch is where the end of this process cannot take it along, rejects when no place has room. A batch may be given again. */
  carry(batch: HistoryBatch): Promise<void>;
};

type HistoryQueueOptions = {
  readonly carrier: HistoryCarrier;
  readonly log: Log;
  readonly onDropped: (rows: number) => void;
  readonly bytesMax?: number;
};

/** At 1,000 requests a second this is half a minute without Redis and without a disk. */
const BYTES_MAX = 32 * 1024 * 1024;
/** Rows wait this long for company: handing a batch on costs most of a millisecond, however many rows are in it. */
const LINGER_MS = 100;
const BATCH_ROWS_MAX = 200;
/** Reading a batch of this size takes a millisecond or two of the event loop, here from the spool and there from Redis. */
const BATCH_BYTES_MAX = 512 * 1024;
/** What a row without content takes. */
const ROW_BYTES = 1_000;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;
/** What closing waits for; the rows that are left then are counted as lost. */
const CLOSE_MS = 5_000;

/** Takes history rows off the response path and hands them on in batches. Bounded: when nothing takes them for too long, new rows are dropped, and counted. */
export class HistoryQueue {
  readonly #carrier: HistoryCarrier;
  readonly #log: Log;
  readonly #onDropped: (rows: number) => void;
  readonly #bytesMax: number;
  readonly #closing = new AbortController();
  readonly #instance = randomUUID();
  #batches = 0;
  #rows: RequestRow[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #carrying: Promise<void> | undefined;
  #failures = 0;
  #hasDropped = false;

  constructor(options: HistoryQueueOptions) {
    this.#carrier = options.carrier;
    this.#log = options.log;
    this.#onDropped = options.onDropped;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
  }

  /** Rows that only this process holds. */
  get depth(): number {
    return this.#rows.length;
  }

  /** Never waits and never throws. */
  push(row: RequestRow): void {
    const bytes = sizeOf(row);
    if (this.#bytes + bytes > this.#bytesMax) {
      this.#drop();
      return;
    }
    this.#bytes += bytes;
    this.#rows.push(row);
    if (!this.#carrying) this.#timer ??= setTimeout(() => this.#carry(), LINGER_MS);
  }

  /** Hands on what is left, within a deadline. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#carry();
    const carried = new AbortController();
    const carrying = this.#carrying?.then(() => carried.abort());
    await Promise.race([carrying, pause(CLOSE_MS, carried.signal)]);
    if (this.#rows.length === 0) return;
    this.#log.error({ rows: this.#rows.length }, 'history rows were lost: neither Redis nor the disk took them before the gateway stopped');
    this.#onDropped(this.#rows.length);
    this.#rows = [];
  }

  #drop(): void {
    this.#onDropped(1);
    if (!this.#hasDropped) this.#log.error('history rows are lost: neither Redis nor the disk takes them, and memory is full');
    this.#hasDropped = true;
  }

  #carry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#carrying ??= this.#carryAll().finally(() => {
      this.#carrying = undefined;
      if (this.#rows.length > 0) this.#timer ??= setTimeout(() => this.#carry(), LINGER_MS);
    });
  }

  /** What came while a batch was on its way lingers again, unless it fills one. */
  async #carryAll(): Promise<void> {
    do {
      const rows = this.#nextRows();
      if (rows.length === 0) return;
      const batch = { id: `${this.#instance}-${++this.#batches}`, rows };
      while (!(await this.#tryCarry(batch)));
      this.#rows.splice(0, rows.length);
      this.#bytes -= rows.reduce((sum, row) => sum + sizeOf(row), 0);
    } while (this.#closing.signal.aborted || this.#rows.length >= BATCH_ROWS_MAX || this.#bytes >= BATCH_BYTES_MAX);
  }

  #nextRows(): readonly RequestRow[] {
    let bytes = 0;
    const end = this.#rows.findIndex((row, i) => {
      bytes += sizeOf(row);
      return i === BATCH_ROWS_MAX || (i > 0 && bytes > BATCH_BYTES_MAX);
    });
    return this.#rows.slice(0, end === -1 ? undefined : end);
  }

  async #tryCarry(batch: HistoryBatch): Promise<boolean> {
    try {
      await this.#carrier.carry(batch);
    } catch (error) {
      await this.#backOff(error);
      return false;
    }
    if (this.#failures > 0) this.#log.info({ failures: this.#failures }, 'history leaves the memory again');
    this.#failures = 0;
    this.#hasDropped = false;
    return true;
  }

  async #backOff(cause: unknown): Promise<void> {
    this.#failures += 1;
    if (this.#failures === 1)
      this.#log.error({ err: cause, rows: this.#rows.length }, 'history waits in memory: neither Redis nor the disk takes it');
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (this.#failures - 1));
    // While closing, the deadline of close() is the bound, so tries only need not to spin.
    if (this.#closing.signal.aborted) await pause(BACKOFF_MIN_MS);
    else await pause(jitter(backoffMs), this.#closing.signal);
  }
}

function sizeOf({ content }: RequestRow): number {
  return content ? ROW_BYTES + content.input.length + content.output.length : ROW_BYTES;
}
