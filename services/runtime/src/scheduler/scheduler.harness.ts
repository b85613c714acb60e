import { expect } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { GREEDY } from '../engine/greedy.ts';
import { ScriptedEngine, type ScriptedEngineOptions } from '../engine/scripted-engine.ts';
import type { GenerationEvent, GenerationRequest } from './generation.ts';
import type { StepRecord } from './observer.ts';
import { Scheduler, type GenerationHandle, type SchedulerOptions } from './scheduler.ts';

export const END = 2;

export type Ended = Extract<GenerationEvent, { kind: 'finished' | 'failed' }>;

export type Watched = {
  readonly handle: GenerationHandle;
  readonly events: GenerationEvent[];
  /** The steps at whose end events were sent. */
  readonly flushes: number[];
  /** It has a slot. */
  readonly started: Promise<void>;
  /** Its first token has come. */
  readonly began: Promise<void>;
  readonly ended: Promise<Ended>;
  tokens(): number[];
};

type Options = Partial<Omit<SchedulerOptions, 'engine'>> & { readonly engine?: Partial<ScriptedEngineOptions> | ScriptedEngine };

/** A scheduler on a scripted engine, with a clock that only the test moves. */
export function createHarness(options: Options = {}) {
  const steps: StepRecord[] = [];
  let nowMs = 1_000;
  const engine = options.engine instanceof ScriptedEngine ? options.engine : scriptedEngine(options.engine);
  const broken: unknown[] = [];
  const leaks: unknown[] = [];
  const drafts: { tokens: number; accepted: number }[] = [];
  let preemptions = 0;
  const scheduler = new Scheduler({
    isEndOfGeneration: (token) => token === END,
    clock: { monotonicMs: () => nowMs, now: () => new Date(nowMs) },
    observer: {
      onStep: (step) => void steps.push(step),
      onDrafts: (round) => void drafts.push(round),
      onPreempt: () => void preemptions++,
      onEnd() {},
    },
    queueLimit: 8,
    prefillStallMs: 100,
    onLeak: (cause) => void leaks.push(cause),
    onBroken: (cause) => void broken.push(cause),
    ...options,
    engine,
  });
  scheduler.start();
  return {
    engine,
    scheduler,
    steps,
    broken,
    leaks,
    drafts,
    preemptions: () => preemptions,
    advance: (ms: number) => {
      nowMs += ms;
    },
    submit: (request: Partial<GenerationRequest> = {}) => watch(scheduler, request),
  };
}

export function scriptedEngine(options: Partial<ScriptedEngineOptions> = {}): ScriptedEngine {
  return new ScriptedEngine({
    slots: 4,
    contextTokens: 256,
    batchTokens: 64,
    vocabulary: 97,
    endOfGenerationTokens: [END],
    next: endless,
    ...options,
  });
}

/** Never the end of generation by itself, and its own for every history. */
function endless(history: readonly number[]): number {
  const sum = history.reduce((total, token, i) => (total * 31 + token + i) % 9973, 7);
  return 3 + (sum % 90);
}

export function prompt(length: number, first = 10): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => 3 + ((first + i * 3) % 90));
}

function watch(scheduler: Scheduler, request: Partial<GenerationRequest>): Watched {
  const events: GenerationEvent[] = [];
  const flushes: number[] = [];
  let settle: ((event: Ended) => void) | undefined;
  const ended = new Promise<Ended>((resolve) => {
    settle = resolve;
  });
  const started = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const handle = scheduler.submit({
    ...requestOf(request),
    outlet: {
      emit(event) {
        events.push(event);
        if (event.kind === 'started') started.resolve();
        if (event.kind === 'delta') began.resolve();
        if (event.kind === 'finished' || event.kind === 'failed') settle?.(event);
      },
      flush: (step) => void flushes.push(step),
    },
  });
  return {
    handle,
    events,
    flushes,
    started: started.promise,
    began: began.promise,
    ended,
    tokens: () => events.flatMap((event) => (event.kind === 'delta' ? event.tokenIds : [])),
  };
}

/** A request of ten tokens, but for what is asked. */
export function requestOf(request: Partial<GenerationRequest>): Omit<GenerationRequest, 'outlet'> {
  return {
    prompt: prompt(8),
    sampling: { ...GREEDY, banEndOfGeneration: (request.minTokens ?? 0) > 0 || (request.ignoreEos ?? false) },
    maxTokens: 10,
    totalTokensMax: undefined,
    minTokens: 0,
    stopTokenIds: new Set(),
    ignoreEos: false,
    priority: 0,
    queueTimeoutMs: 60_000,
    text: { push: (token) => ({ text: `${token} `, match: undefined }), flush: () => ({ text: '', match: undefined }) },
    ...request,
  };
}

export function faultCode(ended: Ended): string {
  return ended.kind === 'failed' ? ended.fault.code : `finished ${ended.reason}`;
}

export function codeThrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

/** Waits until `count` events came; each turn of the event loop is one scripted step at most. */
export async function nextEvent(events: readonly unknown[], count = 1): Promise<void> {
  for (let turn = 0; events.length < count && turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(events.length).toBeGreaterThanOrEqual(count);
}
