import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { JobsMetrics } from '../metrics.ts';
import { HandBack } from '../run-jobs.ts';
import type { DeadLetter, DeadLetterStore } from './dead-letter-store.ts';
import type { HistoryStore } from './history-store.ts';

type HistoryWriterOptions = {
  readonly store: HistoryStore;
  readonly deadLetters: DeadLetterStore;
  readonly log: Log;
  readonly metrics: Pick<JobsMetrics, 'historyRows' | 'historyRetries'>;
  /** Aborts when the process is to stop. */
  readonly closing: AbortSignal;
  /** Told of rows that are in the database now. */
  readonly onWritten: (rows: readonly RequestRow[]) => void;
};

/** Postgres writes so many in a tenth of a second, far below its statement deadline. */
const ROWS_MAX = 1_000;
const BYTES_MAX = 4 * 1024 * 1024;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;
/** Some five minutes' worth. */
const FAILURES_A_LINE = 60;

type Share = { readonly rows: readonly RequestRow[]; readonly resolve: () => void; readonly reject: (error: unknown) => void };

/**
 * Writes rows of several jobs together, one statement at a time: what comes while one runs goes into the next. It tries for
 * as long as the database is away or takes no writes. A row that can never be written is found, set aside and counted, and
 * takes no other along.
 */
export class HistoryWriter {
  readonly #options: HistoryWriterOptions;
  #waiting: Share[] = [];
  #isWriting = false;
  #failures = 0;

  constructor(options: HistoryWriterOptions) {
    this.#options = options;
  }

  /** Resolves when each of the rows is in the database or set aside. Rejects with HandBack when that cannot be before the process stops. */
  write(rows: readonly RequestRow[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, resolve, reject });
      void this.#writeAll();
    });
  }

  /** Keeps what is no row, or none that Postgres takes. Rejects with HandBack as `write` does. */
  async setAside(letter: DeadLetter): Promise<void> {
    await this.#patiently(() => this.#options.deadLetters.add(letter));
    this.#options.metrics.historyRows.inc({ outcome: 'refused' });
    this.#options.log.error(
      { reason: letter.reason, requestId: requestIdOf(letter.row) },
      'a history row cannot be written; it is set aside',
    );
  }

  async #writeAll(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const shares = this.#nextShares();
      try {
        await this.#append(shares.flatMap(({ rows }) => rows));
        for (const { resolve } of shares) resolve();
      } catch (error) {
        for (const { reject } of shares) reject(error);
      }
    }
    this.#isWriting = false;
  }

  #nextShares(): readonly Share[] {
    let [rows, bytes] = [0, 0];
    const end = this.#waiting.findIndex((share, i) => {
      rows += share.rows.length;
      bytes += share.rows.reduce((sum, row) => sum + sizeOf(row), 0);
      return i > 0 && (rows > ROWS_MAX || bytes > BYTES_MAX);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #append(rows: readonly RequestRow[]): Promise<void> {
    if (rows.length === 0) return;
    const result = await this.#patiently(() => this.#options.store.append(rows));
    if (result.kind === 'written') {
      this.#options.metrics.historyRows.inc({ outcome: 'written' }, result.newRows);
      this.#options.metrics.historyRows.inc({ outcome: 'known' }, rows.length - result.newRows);
      this.#options.onWritten(rows);
      return;
    }
    const [row, ...others] = rows;
    if (row && others.length === 0) return this.#appendBad(row, result.reason);
    const middle = Math.ceil(rows.length / 2);
    await this.#append(rows.slice(0, middle));
    await this.#append(rows.slice(middle));
  }

  /** Better an account without its content than neither. */
  async #appendBad(row: RequestRow, reason: string): Promise<void> {
    if (row.content === undefined) return this.setAside({ reason, row });
    this.#options.log.error({ reason, requestId: row.requestId }, 'the content of a request cannot be written; its row is');
    return this.#append([{ ...row, content: undefined }]);
  }

  async #patiently<Value>(attempt: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        const value = await attempt();
        if (this.#failures > 0) this.#options.log.info({ failures: this.#failures }, 'history is written again');
        this.#failures = 0;
        return value;
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  async #backOff(cause: unknown): Promise<void> {
    const { closing, log, metrics } = this.#options;
    this.#failures += 1;
    metrics.historyRetries.inc();
    if (this.#failures % FAILURES_A_LINE === 1)
      log.warn({ err: cause, failures: this.#failures }, 'history cannot be written; it waits in its queue');
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (this.#failures - 1));
    await sleep(backoffMs * (0.5 + Math.random() / 2), undefined, { signal: closing }).catch(() => {});
    if (closing.aborted) throw new HandBack('the process stops, and the database takes no history', { cause });
  }
}

function sizeOf({ content }: RequestRow): number {
  return content ? 1_000 + content.input.length + content.output.length : 1_000;
}

function requestIdOf(row: unknown): unknown {
  return Reflect.get(Object(row), 'requestId');
}
