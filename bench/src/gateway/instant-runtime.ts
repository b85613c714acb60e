import { startRuntimeServer, type RuntimeService, type SessionStream } from '@sluice/proto/runtime-server';
import type { GenerateEvent } from '@sluice/proto/v1/GenerateEvent';
import type { WorkerStatus } from '@sluice/proto/v1/WorkerStatus';
import { pieceOf, WHOLE, type AnswerShape } from './answer-shape.ts';

export const INSTANT_MODEL = 'instant';
/** What every prompt is said to have. */
export const PROMPT_TOKENS = 20;

/** What it was asked and gave, in all. */
export type RuntimeTotals = { readonly requests: number; readonly promptTokens: number; readonly completionTokens: number };

export type InstantRuntime = {
  shape: AnswerShape;
  totals(): RuntimeTotals;
  close(): Promise<void>;
};

/** A worker that has every answer ready and keeps nothing: what is measured in front of it is not its own. One frame a step, as the real one. */
export async function startInstantRuntime(address: string): Promise<InstantRuntime> {
  const current = { shape: WHOLE };
  const totals = { requests: 0, promptTokens: 0, completionTokens: 0 };
  const service: RuntimeService = {
    isServing: () => true,
    onServingChange: () => () => {},
    session: (stream) => serve(stream, current, totals),
    generate: (stream) => stream.end(),
    watchStatus: (stream) => {
      stream.write(STATUS);
      const timer = setInterval(() => stream.write(STATUS), Math.max(50, stream.request.intervalMs));
      stream.on('close', () => clearInterval(timer));
    },
    tokenize: () => Promise.resolve({ tokenIds: [], contextTokensMax: CONTEXT_TOKENS }),
    getStatus: () => STATUS,
    drain: () => STATUS,
  };
  const server = await startRuntimeServer(address, service);
  return {
    get shape() {
      return current.shape;
    },
    set shape(shape) {
      current.shape = shape;
    },
    totals: () => ({ ...totals }),
    close: () => server.close(0),
  };
}

const CONTEXT_TOKENS = 8_192;
/** More than any scenario has in flight: an instant runtime is never full. */
const SLOTS = 4_096;
const STATUS: WorkerStatus = {
  workerId: 'instant',
  state: 'READY',
  backend: 'cpu',
  engineVersion: 'instant',
  sequence: 1,
  models: [
    {
      name: INSTANT_MODEL,
      state: 'READY',
      slotsTotal: SLOTS,
      queueLimit: SLOTS,
      contextTokensMax: CONTEXT_TOKENS,
      createdUnixS: 1_700_000_000,
    },
  ],
};

type Running = { readonly rid: number; readonly shape: AnswerShape; chunksLeft: number; completionTokens: number };

/** Answers all requests of one session, with a step for all of them together. */
function serve(
  stream: SessionStream,
  current: { readonly shape: AnswerShape },
  totals: { -readonly [Name in keyof RuntimeTotals]: number },
): void {
  const running = new Map<number, Running>();
  let events: GenerateEvent[] = [];
  let step = 0;
  let hasFlush = false;
  let timer: NodeJS.Timeout | undefined;

  const begin = (rid: number): void => {
    const { shape } = current;
    totals.requests++;
    totals.promptTokens += PROMPT_TOKENS;
    const run = { rid, shape, chunksLeft: shape.chunks, completionTokens: 0 };
    running.set(rid, run);
    events.push({ rid, started: { promptTokens: PROMPT_TOKENS, slot: 0 } });
    advance(run);
    if (running.size > 0) timer ??= setInterval(takeStep, shape.stepMs);
    if (!hasFlush) setImmediate(flush);
    hasFlush = true;
  };
  const advance = (run: Running): void => {
    const { text, tokens } = pieceOf(run.shape);
    run.completionTokens += tokens;
    totals.completionTokens += tokens;
    events.push({ rid: run.rid, delta: { text, tokenIds: Array.from({ length: tokens }, (_, i) => i) } });
    if (--run.chunksLeft === 0) finish(run, 'EOS');
  };
  const finish = (run: Running, reason: 'EOS' | 'CANCELLED'): void => {
    running.delete(run.rid);
    const usage = { promptTokens: PROMPT_TOKENS, cachedTokens: 0, completionTokens: run.completionTokens };
    events.push({ rid: run.rid, finished: { reason, usage, timings: { queuedUs: 0, prefillUs: 0, decodeUs: 0, firstTokenUs: 0 } } });
  };
  const takeStep = (): void => {
    for (const run of running.values()) advance(run);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    flush();
  };
  const flush = (): void => {
    hasFlush = false;
    if (events.length === 0 || stream.destroyed) return;
    stream.write({ step: ++step, events });
    events = [];
  };

  stream.on('data', (frame) => {
    for (const { rid } of frame.starts) begin(rid);
    for (const { rid } of frame.cancels) {
      const run = running.get(rid);
      if (run) finish(run, 'CANCELLED');
      flush();
    }
  });
  stream.on('end', () => stream.end());
  stream.on('error', () => {});
  stream.on('close', () => clearInterval(timer));
}
