import type { Log } from '@sluice/platform/log';
import type { HistoryBatch, PackedBatch } from '@sluice/prisma/history-batch';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';
import type { HistoryCarrier } from './history-queue.ts';
import type { HistoryQueueClient } from './history-queue-client.ts';
import type { SpoolStore } from './spool-store.ts';

type DeliveryOptions = {
  readonly queue: Pick<HistoryQueueClient, 'add' | 'hasRoom'>;
  readonly spool: Pick<SpoolStore, 'append' | 'oldest' | 'adopt' | 'isEmpty' | 'bytes'>;
  readonly log: Log;
};

/** How often it is asked whether the queue in Redis has become too long. */
const ROOM_EVERY_MS = 2_000;
/** How often the folder is searched for what dead gateways left. */
const ADOPT_EVERY_MS = 30_000;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 2_000;
/** What closing spends on emptying the spool while Redis takes it. */
const CLOSE_MS = 2_000;

/**
 * Brings batches into the queue in Redis; while that is away, slow or full, onto the disk, and from there in order into the
 * queue when it is back. Every batch arrives at least once, and the database counts it once.
 */
export class HistoryDelivery implements HistoryCarrier {
  readonly #options: DeliveryOptions;
  readonly #closing = new AbortController();
  /** Whether Redis took what it was given last. */
  #isOpen = true;
  #roomCheckedAtMs = performance.now();
  #recovering: Promise<void> | undefined;
  #adoptTimer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Delivers what earlier gateways left on disk, and looks from time to time for more of that kind. */
  start(): void {
    this.#recover();
    this.#adoptTimer = setInterval(() => void this.#adopt(), ADOPT_EVERY_MS);
    this.#adoptTimer.unref();
  }

  async carry(batch: HistoryBatch): Promise<void> {
    if (this.#isOpen && (await this.#tryAdd(batch))) {
      if (performance.now() - this.#roomCheckedAtMs > ROOM_EVERY_MS) void this.#checkRoom();
      return;
    }
    await this.#options.spool.append(batch);
    this.#recover();
  }

  /** What Redis does not take soon stays on disk for the next gateway. */
  async close(): Promise<void> {
    clearInterval(this.#adoptTimer);
    if (this.#isOpen && this.#recovering) {
      const recovered = new AbortController();
      await Promise.race([this.#recovering.then(() => recovered.abort()), pause(CLOSE_MS, recovered.signal)]);
    }
    this.#closing.abort();
    await this.#recovering;
  }

  async #tryAdd(batch: PackedBatch): Promise<boolean> {
    try {
      await this.#options.queue.add(batch);
      return true;
    } catch (error) {
      this.#shut({ err: error });
      return false;
    }
  }

  /** False when there is none, or when nobody can tell. */
  async #checkRoom(): Promise<boolean> {
    this.#roomCheckedAtMs = performance.now();
    try {
      const hasRoom = await this.#options.queue.hasRoom();
      if (!hasRoom) this.#shut({ reason: 'its queue is full' });
      return hasRoom;
    } catch (error) {
      this.#shut({ err: error });
      return false;
    }
  }

  #shut(why: { readonly err?: unknown; readonly reason?: string }): void {
    if (this.#isOpen) this.#options.log.warn(why, 'Redis does not take history; it goes to disk');
    this.#isOpen = false;
    this.#recover();
  }

  #reopen(): void {
    if (!this.#isOpen) this.#options.log.info({ spoolBytes: this.#options.spool.bytes }, 'Redis takes history again');
    this.#isOpen = true;
  }

  #recover(): void {
    this.#recovering ??= this.#recoverAll().finally(() => {
      this.#recovering = undefined;
    });
  }

  /** Goes on until Redis takes batches again and the spool is empty. */
  async #recoverAll(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted && !(this.#isOpen && this.#options.spool.isEmpty);) {
      const hasMoved = (await this.#checkRoom()) && (await this.#deliverOldest());
      failures = hasMoved ? 0 : failures + 1;
      if (!hasMoved) await pause(jitter(Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** failures)), signal);
    }
  }

  async #deliverOldest(): Promise<boolean> {
    this.#reopen();
    try {
      const segment = await this.#options.spool.oldest();
      if (!segment) return true;
      let [batches, damagedLines] = [0, 0];
      for (const batch of segment.lines) {
        if (batch === undefined) damagedLines += 1;
        else if (this.#closing.signal.aborted || !(await this.#tryAdd(batch))) return false;
        else batches += 1;
      }
      await segment.remove();
      this.#options.log.info({ bytes: segment.bytes, batches, damagedLines }, 'history left the disk');
      return true;
    } catch (error) {
      this.#options.log.error({ err: error }, 'the spool of history cannot be read');
      return false;
    }
  }

  async #adopt(): Promise<void> {
    try {
      const files = await this.#options.spool.adopt();
      if (files === 0) return;
      this.#options.log.info({ files }, 'took over history that a gateway left on disk');
      this.#recover();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the spool of history cannot be read');
    }
  }
}
