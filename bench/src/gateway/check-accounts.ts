import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@sluice/prisma/client';
import { readLimitCounts, type LimitCounts } from './limit-counts.ts';
import type { Ledger } from './measure.ts';
import type { Rig } from './start-rig.ts';

export type Check = { readonly what: string; readonly expected: string; readonly found: string; readonly isRight: boolean };

type Sums = { readonly requests: number; readonly promptTokens: number; readonly completionTokens: number; readonly costNanoUsd: number };
type StatusSums = Sums & { readonly status: number };

/** History may wait in a queue for a moment, and for longer when the machine is busy. */
const HISTORY_DEADLINE_MS = 60_000;
const SETTLED_DEADLINE_MS = 10_000;
const POLL_MS = 500;

/** Compares what the clients saw and the runtime did with what was written down, once all of it is. */
export async function checkAccounts({ rig, ledger }: { rig: Rig; ledger: Ledger }): Promise<Check[]> {
  const answered = [...ledger.values()].reduce((sum, count) => sum + count, 0);
  const rows = await untilWritten(rig.db, answered);
  const runtime = await rig.runtime.ask({ totals: true });
  const hourly = await sumsOfHours(rig.db);
  const limits = await untilSettled(rig.redisUrl);
  const total = sum(rows);
  return [
    equal('history rows, by status', describe(ledger), describe(new Map(rows.map(({ status, requests }) => [status, requests])))),
    equal('requests that the runtime had', String(ledger.get(200) ?? 0), String(runtime.requests)),
    equal('prompt tokens in history', String(runtime.promptTokens), String(total.promptTokens)),
    equal('completion tokens in history', String(runtime.completionTokens), String(total.completionTokens)),
    equal('the hourly sums', JSON.stringify(total), JSON.stringify(hourly)),
    equal('leases, places and meters that are held still', '0, 0, 0', `${limits.leases}, ${limits.places}, ${limits.held}`),
    equal('every monthly meter of tokens', String(runtime.promptTokens + runtime.completionTokens), limits.meteredTokens.join(', ')),
    equal('every monthly meter of money, nano-USD', String(total.costNanoUsd), limits.meteredNanoUsd.join(', ')),
  ];
}

async function untilWritten(db: Database, answered: number): Promise<StatusSums[]> {
  for (const endAtMs = performance.now() + HISTORY_DEADLINE_MS; ;) {
    const rows = await sumsByStatus(db);
    if (sum(rows).requests >= answered || performance.now() > endAtMs) return rows;
    await sleep(POLL_MS);
  }
}

/** A gateway that could not reach Redis settles later. */
async function untilSettled(redisUrl: string): Promise<LimitCounts> {
  for (const endAtMs = performance.now() + SETTLED_DEADLINE_MS; ;) {
    const counts = await readLimitCounts(redisUrl);
    if (counts.leases + counts.places + counts.held === 0 || performance.now() > endAtMs) return counts;
    await sleep(POLL_MS);
  }
}

function sumsByStatus(db: Database): Promise<StatusSums[]> {
  return db.$queryRaw<StatusSums[]>`
    SELECT status_code AS status, count(*)::float8 AS requests,
           sum(prompt_tokens)::float8 AS "promptTokens", sum(completion_tokens)::float8 AS "completionTokens",
           sum(cost_nano_usd)::float8 AS "costNanoUsd"
    FROM request_log GROUP BY status_code ORDER BY status_code`;
}

async function sumsOfHours(db: Database): Promise<Sums | undefined> {
  const [sums] = await db.$queryRaw<Sums[]>`
    SELECT sum(requests)::float8 AS requests,
           sum(prompt_tokens)::float8 AS "promptTokens", sum(completion_tokens)::float8 AS "completionTokens",
           sum(cost_nano_usd)::float8 AS "costNanoUsd"
    FROM usage_hourly`;
  return sums;
}

function sum(rows: readonly Sums[]): Sums {
  return rows.reduce(
    (total, row) => ({
      requests: total.requests + row.requests,
      promptTokens: total.promptTokens + row.promptTokens,
      completionTokens: total.completionTokens + row.completionTokens,
      costNanoUsd: total.costNanoUsd + row.costNanoUsd,
    }),
    { requests: 0, promptTokens: 0, completionTokens: 0, costNanoUsd: 0 },
  );
}

function equal(what: string, expected: string, found: string): Check {
  return { what, expected, found, isRight: expected === found };
}

function describe(byStatus: ReadonlyMap<number, number>): string {
  return [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');
}
