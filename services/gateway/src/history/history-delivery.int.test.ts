import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { HISTORY_QUEUE, type HistoryBatch } from '@sluice/prisma/history-batch';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { requestRow } from '@sluice/testing/request-row';
import { until } from '@sluice/testing/until';
import { HistoryDelivery } from './history-delivery.ts';
import { createHistoryQueueClient, type HistoryQueueClient } from './history-queue-client.ts';
import { SpoolStore } from './spool-store.ts';

const LOG = createLog({ service: 'test', level: 'silent' });

let redis: OwnRedis;
let admin: Redis;
let queue: Queue;
let folder: string;
let running: { spool: SpoolStore; client: HistoryQueueClient; delivery: HistoryDelivery }[];

beforeAll(async () => {
  redis = await startOwnRedis();
  admin = new Redis(redis.url, { maxRetriesPerRequest: null });
  admin.on('error', () => {});
  queue = new Queue(HISTORY_QUEUE.name, { prefix: HISTORY_QUEUE.prefix, connection: admin });
  queue.on('error', () => {});
});

afterAll(async () => {
  await admin.quit();
  await redis[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await redis.start();
  await admin.flushall();
  folder = mkdtempSync(join(tmpdir(), 'sluice-delivery-test-'));
  running = [];
});

afterEach(async () => {
  await closeAll();
  rmSync(folder, { recursive: true });
});

describe('history on its way to Redis', () => {
  test('goes straight into the queue, one job a batch', async () => {
    const { delivery, spool } = await start();
    const batches = makeBatches(5);
    for (const each of batches) await delivery.carry(each);
    expect(await queuedIds()).toEqual(idsOf(batches));
    expect(spool.isEmpty).toBe(true);
    const [job] = await queue.getWaiting(0, 0);
    expect(job).toMatchObject({ name: 'append', data: JSON.parse(JSON.stringify(batches[0])) });
  });

  test('is one job, however often a batch is sent', async () => {
    const { delivery } = await start();
    const [batch] = makeBatches(1);
    await Promise.all(Array.from({ length: 3 }, () => delivery.carry(batch as HistoryBatch)));
    expect(await queuedIds()).toEqual([batch?.id]);
  });

  test('waits on disk while Redis is away, and arrives in order when it is back', async () => {
    const { delivery, spool } = await start();
    const batches = makeBatches(12);
    for (const each of batches.slice(0, 3)) await delivery.carry(each);
    await redis.stop();
    for (const each of batches.slice(3, 10)) await delivery.carry(each);
    expect(spool.bytes).toBeGreaterThan(0);
    await redis.start();
    await until(() => spool.isEmpty);
    for (const each of batches.slice(10)) await delivery.carry(each);
    expect(await queuedIds()).toEqual(idsOf(batches));
  });

  test.each([
    ['that hangs', () => Promise.resolve(redis.hold()), () => redis.letGo()],
    ['that is paused', () => admin.client('PAUSE', 1_500, 'WRITE'), () => {}],
  ])('arrives once from a Redis %s', async (_what, trouble, end) => {
    const { delivery, spool } = await start();
    const batches = makeBatches(10);
    await trouble();
    for (const each of batches) await delivery.carry(each);
    expect(spool.bytes).toBeGreaterThan(0);
    end();
    await until(() => spool.isEmpty);
    expect((await queuedIds()).toSorted(byName)).toEqual(idsOf(batches).toSorted(byName));
  });

  test('goes to disk when the queue is too long, and back when it is fetched', async () => {
    const { delivery, spool } = await start({ bytesMax: 20_000 });
    const batches = makeBatches(40);
    for (const each of batches.slice(0, 20)) await delivery.carry(each);
    await until(async () => {
      const [next] = makeBatches(1);
      await delivery.carry(next as HistoryBatch);
      batches.push(next as HistoryBatch);
      return !spool.isEmpty;
    });
    const length = await queue.getWaitingCount();
    for (const each of batches.slice(20, 40)) await delivery.carry(each);
    expect(await queue.getWaitingCount()).toBe(length);
    const fetched = new Set<string | undefined>();
    const worker = new Worker(HISTORY_QUEUE.name, (job) => Promise.resolve(fetched.add(job.id)), {
      prefix: HISTORY_QUEUE.prefix,
      connection: admin,
    });
    await until(() => fetched.size === batches.length && spool.isEmpty);
    await worker.close();
    expect(fetched).toEqual(new Set(idsOf(batches)));
  });

  test('rejects when the disk has no room either, and arrives when it is sent again', async () => {
    const { delivery } = await start({ spoolBytesMax: 1_500 });
    await redis.stop();
    const batches = makeBatches(5);
    const refused: HistoryBatch[] = [];
    for (const each of batches) await delivery.carry(each).catch(() => refused.push(each));
    expect(refused.length).toBeGreaterThan(0);
    await redis.start();
    await until(async () => {
      const [next] = refused;
      if (next) {
        await delivery.carry(next).then(
          () => refused.shift(),
          () => {},
        );
      }
      return refused.length === 0;
    });
    await until(async () => (await queue.getWaitingCount()) === 5);
    expect((await queuedIds()).toSorted(byName)).toEqual(idsOf(batches).toSorted(byName));
  });

  test('that another gateway left on disk is delivered at the start', async () => {
    const first = await start();
    await redis.stop();
    const batches = makeBatches(3);
    for (const each of batches) await first.delivery.carry(each);
    await closeAll();
    await redis.start();
    const second = await start();
    await until(() => second.spool.isEmpty);
    expect(await queuedIds()).toEqual(idsOf(batches));
  });

  test('is left on disk by a gateway that stops while Redis is away', async () => {
    const { delivery } = await start();
    await redis.stop();
    const batches = makeBatches(3);
    for (const each of batches) await delivery.carry(each);
    await closeAll();
    const heir = await SpoolStore.open({ folder });
    expect([...((await heir.oldest())?.lines ?? [])].map((line) => line?.id)).toEqual(idsOf(batches));
    await heir.close();
  });
});

async function start(change: { bytesMax?: number; spoolBytesMax?: number } = {}) {
  const spool = await SpoolStore.open({ folder, ...(change.spoolBytesMax === undefined ? {} : { bytesMax: change.spoolBytesMax }) });
  const client = createHistoryQueueClient(redis.url, change.bytesMax === undefined ? {} : { bytesMax: change.bytesMax });
  const delivery = new HistoryDelivery({ queue: client, spool, log: LOG });
  running.push({ spool, client, delivery });
  await until(() =>
    client.hasRoom().then(
      () => true,
      () => false,
    ),
  );
  delivery.start();
  return { spool, client, delivery };
}

async function closeAll(): Promise<void> {
  for (const { delivery, spool, client } of running.splice(0)) {
    await delivery.close();
    await spool.close();
    client.close();
  }
}

let made = 0;
function makeBatches(count: number): HistoryBatch[] {
  return Array.from({ length: count }, () => ({ id: `batch-${process.pid}-${++made}`, rows: [requestRow()] }));
}

function idsOf(batches: readonly HistoryBatch[]): string[] {
  return batches.map(({ id }) => id);
}

/** Oldest first. */
async function queuedIds(): Promise<string[]> {
  return (await admin.lrange(queue.toKey('wait'), 0, -1)).toReversed();
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}
