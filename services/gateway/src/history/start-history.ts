import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { HistoryDelivery } from './history-delivery.ts';
import { createHistoryQueueClient } from './history-queue-client.ts';
import { HistoryQueue, type HistoryCarrier } from './history-queue.ts';
import { SpoolStore } from './spool-store.ts';

export type History = {
  /** Never waits and never throws. */
  push(row: RequestRow): void;
  /** Rows that only this process holds. */
  readonly depth: number;
  /** What waits on disk. */
  readonly spoolBytes: number;
  /** Delivers what is left, or leaves it on disk. */
  close(): Promise<void>;
};

export type HistoryOptions = {
  readonly redisUrl: string;
  readonly spoolFolder: string;
  /** Tells one installation from another. */
  readonly keyPepper: string;
  readonly log: Log;
  readonly onDropped: (rows: number) => void;
};

/** Starts history as it is: rows go in batches to the queue in Redis, or to disk. Rejects when the folder cannot be used; does not wait for Redis. */
export async function startHistory(options: HistoryOptions): Promise<History> {
  const { log } = options;
  const spool = await openSpool(options);
  const client = createHistoryQueueClient(options.redisUrl);
  const delivery = new HistoryDelivery({ queue: client, spool, log });
  delivery.start();
  const queue = new HistoryQueue({ carrier: delivery, log, onDropped: options.onDropped });
  return {
    push: (row) => queue.push(row),
    get depth() {
      return queue.depth;
    },
    get spoolBytes() {
      return spool.bytes;
    },
    close: async () => {
      await queue.close();
      await delivery.close();
      await spool.close();
      client.close();
    },
  };
}

/** History that goes to a carrier of a test's own. */
export function startHistoryTo(carrier: HistoryCarrier, { log, onDropped }: Pick<HistoryOptions, 'log' | 'onDropped'>): History {
  const queue = new HistoryQueue({ carrier, log, onDropped });
  return {
    push: (row) => queue.push(row),
    get depth() {
      return queue.depth;
    },
    spoolBytes: 0,
    close: () => queue.close(),
  };
}

function openSpool({ spoolFolder, keyPepper }: HistoryOptions): Promise<SpoolStore> {
  // A gateway of another installation on the same machine would carry what it finds here into a database that it does not belong to.
  const installation = createHmac('sha256', keyPepper).update('history spool').digest('hex').slice(0, 12);
  return SpoolStore.open({ folder: join(spoolFolder, installation) }).catch((cause: unknown) => {
    throw new Error(`SPOOL_FOLDER: ${spoolFolder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}
