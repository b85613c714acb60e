import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../percentiles.ts';
import { HttpConnection, type Exchange } from './http-connection.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { createRequestText } from './request-text.ts';

/** A server that fails at once would otherwise be asked a million times. */
const FAILURES_MAX = 1_000;
const DISTINCT_MAX = 5;

/** Sends what the job says and measures. Resolves when every request that was sent has its answer. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const tally = new Tally();
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  if (job.pace.kind === 'closed') await runClosed(job, job.pace, tally);
  else await runOpen(job, job.pace, tally);
  const { user, system } = process.cpuUsage(cpuBefore);
  return tally.result({ seconds: (performance.now() - startedAtMs) / 1_000, cpuSeconds: (user + system) / 1e6 });
}

type Pace<Kind> = Extract<LoadJob['pace'], { kind: Kind }>;

/** Each connection sends its next request when its last one was answered. */
async function runClosed(job: LoadJob, { connections, seconds, requestsMax }: Pace<'closed'>, tally: Tally): Promise<void> {
  const nextText = createTexts(job);
  const endAtMs = performance.now() + seconds * 1_000;
  let sent = 0;
  const work = async (): Promise<void> => {
    const client = new Client(job.port, tally);
    while (sent < requestsMax && performance.now() < endAtMs && tally.failed < FAILURES_MAX) {
      sent++;
      await client.send(nextText());
    }
    client.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
}

/** Sends at a fixed rate, however long the answers take, on the connection that was free last. */
async function runOpen(job: LoadJob, { perSecond, seconds, connectionsMax }: Pace<'open'>, tally: Tally): Promise<void> {
  const nextText = createTexts(job);
  const free: Client[] = [];
  const running = new Set<Promise<void>>();
  const clients: Client[] = [];
  const requests = Math.round(perSecond * seconds);
  const startedAtMs = performance.now();
  for (let i = 0; i < requests && tally.failed < FAILURES_MAX; i++) {
    const dueAtMs = startedAtMs + (i * 1_000) / perSecond;
    if (dueAtMs > performance.now()) await sleep(Math.ceil(dueAtMs - performance.now()));
    while (free.length === 0 && clients.length >= connectionsMax) await Promise.race(running);
    tally.lateMs.push(performance.now() - dueAtMs);
    const client = free.pop() ?? newClient();
    const request = sendAndFree(client).finally(() => running.delete(request));
    running.add(request);
  }
  await Promise.all(running);
  for (const client of clients) client.close();

  async function sendAndFree(client: Client): Promise<void> {
    await client.send(nextText());
    free.push(client);
  }

  function newClient(): Client {
    const client = new Client(job.port, tally);
    clients.push(client);
    return client;
  }
}

function createTexts(job: LoadJob): () => string {
  const texts = job.kinds.map(createRequestText);
  let turn = 0;
  return () => {
    const text = texts[turn++ % texts.length];
    if (!text) throw new RangeError('a job without requests');
    return text();
  };
}

/** A connection whose first request, which has to connect, is counted but not timed. */
class Client {
  readonly #connection: HttpConnection;
  readonly #tally: Tally;
  #isWarm = false;

  constructor(port: number, tally: Tally) {
    this.#connection = new HttpConnection(port);
    this.#tally = tally;
  }

  async send(text: string): Promise<void> {
    try {
      this.#tally.count(await this.#connection.send(text), this.#isWarm);
      this.#isWarm = true;
    } catch (error) {
      this.#tally.fail(error);
      this.#isWarm = false;
    }
  }

  close(): void {
    this.#connection.close();
  }
}

class Tally {
  readonly lateMs: number[] = [];
  failed = 0;
  readonly #statuses: Record<string, number> = {};
  readonly #failures = new Set<string>();
  readonly #latencyMs: number[] = [];
  readonly #textMs: number[] = [];
  #events = 0;
  #bodyBytes = 0;

  count(exchange: Exchange, isTimed: boolean): void {
    this.#statuses[exchange.status] = (this.#statuses[exchange.status] ?? 0) + 1;
    this.#events += exchange.events;
    this.#bodyBytes += exchange.bodyBytes;
    if (!isTimed) return;
    this.#latencyMs.push(exchange.endedAtMs - exchange.startedAtMs);
    if (exchange.textAtMs !== undefined) this.#textMs.push(exchange.textAtMs - exchange.startedAtMs);
  }

  fail(error: unknown): void {
    this.failed++;
    if (this.#failures.size < DISTINCT_MAX) this.#failures.add(error instanceof Error ? error.message : String(error));
  }

  result(run: { seconds: number; cpuSeconds: number }): LoadResult {
    return {
      ...run,
      statuses: this.#statuses,
      failures: [...this.#failures],
      failed: this.failed,
      latencyMs: summarise(this.#latencyMs),
      textMs: summarise(this.#textMs),
      lateMs: summarise(this.lateMs),
      events: this.#events,
      bodyBytes: this.#bodyBytes,
    };
  }
}
