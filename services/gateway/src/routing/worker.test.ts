import { describe, expect, test } from '@jest/globals';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import type { WorkerStatus__Output } from '@sluice/proto/v1/WorkerStatus';
import { SessionClient } from '../inference/session-client.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { Worker } from './worker.ts';

const MODEL: ModelStatus__Output = {
  name: 'm',
  state: 'READY',
  loadProgress: 1,
  slotsTotal: 4,
  slotsBusy: 0,
  queueDepth: 0,
  queueLimit: 8,
  kvUsedTokens: 0,
  kvTotalTokens: 0,
  contextTokensMax: 2_048,
  problem: '',
  createdUnixS: 0,
  tasks: ['generate'],
  isPinned: false,
  memoryBytes: 0,
  deviceMemoryBytes: 0,
  adapters: [],
  prefixDigests: [],
  profiles: [],
  isWaking: false,
};

function status(change: Partial<ModelStatus__Output> = {}, state: WorkerStatus__Output['state'] = 'READY'): WorkerStatus__Output {
  return {
    workerId: 'w',
    state,
    models: [{ ...MODEL, ...change }],
    backend: 'cpu',
    backendDetails: '',
    engineVersion: '',
    sequence: 1,
    uptimeMs: 1,
    restarts: 0,
    lastExit: '',
  };
}

function start() {
  const clock = createTestClock();
  const session = new SessionClient({
    address: 'w:1',
    openSession: () => {
      throw new Error('this test opens no session');
    },
  });
  return { clock, worker: new Worker({ address: 'w:1', session, clock }) };
}

describe('a worker', () => {
  test('is unreachable until it has reported', () => {
    const { worker } = start();
    expect(worker.condition).toBe('unreachable');
    worker.report(status());
    expect(worker.condition).toBe('ready');
  });

  test('is unreachable again when its reports stop coming, and its models stay known', () => {
    const { worker, clock } = start();
    worker.report(status());
    clock.advance(5_000);
    expect(worker.condition).toBe('unreachable');
    expect(worker.serves('m')).toBe(false);
    expect(worker.models.map(({ name }) => name)).toEqual(['m']);
  });

  test.each(['LOADING', 'DRAINING', 'FAILED'] as const)('takes no requests while it is %s', (state) => {
    const { worker } = start();
    worker.report(status({}, state));
    expect(worker.serves('m')).toBe(false);
  });

  test('whose models somebody has unloaded has not failed', () => {
    const { worker } = start();
    worker.report(status({ state: 'UNLOADED' }, 'UNLOADED'));
    expect(worker.condition).toBe('unloaded');
    expect(worker.serves('m')).toBe(false);
  });

  test('takes no requests for a model that is not ready, or not its own', () => {
    const { worker } = start();
    worker.report(status({ state: 'LOADING' }));
    expect(worker.serves('m')).toBe(false);
    expect(worker.serves('other')).toBe(false);
  });

  test.each([
    ['READY', false, true],
    ['ASLEEP', false, true],
    ['LOADING', true, true],
    ['LOADING', false, false],
    ['UNLOADED', false, false],
    ['FAILED', false, false],
    ['DRAINING', false, false],
  ] as const)('says of a model that is %s, and wakes: %s, whether it takes requests: %s', (state, isWaking, isServing) => {
    const { worker } = start();
    worker.report(status({ state, isWaking }));
    expect(worker.serves('m')).toBe(isServing);
  });

  test.each([
    ['AVAILABLE', true],
    ['LOADED', true],
    ['UNUSABLE', false],
  ] as const)('says of an adapter that is %s whether it takes requests: %s', (state, isServing) => {
    const { worker } = start();
    worker.report(status({ adapters: [{ name: 'law', state, problem: '', sizeBytes: 1, running: 0 }] }));
    expect(worker.serves('m', 'law')).toBe(isServing);
    expect(worker.serves('m', 'poem')).toBe(false);
    expect(worker.serves('m')).toBe(true);
  });

  test('that must wake a model first counts as one whose slots are all taken', () => {
    const { worker } = start();
    worker.report(status({ state: 'ASLEEP' }));
    expect(worker.load('m')).toBe(1);
  });

  test('is loaded by what it reports and by what was sent since, each request counted once', () => {
    const { worker } = start();
    worker.report(status({ slotsBusy: 2 }));
    expect(worker.load('m')).toBe(2 / 4);
    const leave = worker.enter('m');
    worker.enter('m');
    expect(worker.load('m')).toBe(4 / 4);
    // Now the report has our two among its four.
    worker.report(status({ slotsBusy: 4 }));
    expect(worker.load('m')).toBe(4 / 4);
    leave();
    leave();
    expect(worker.load('m')).toBe(3 / 4);
  });

  test('is loaded for each of its models by what runs on that one', () => {
    const { worker } = start();
    const report = (busy: number): void =>
      worker.report({
        ...status(),
        models: [
          { ...MODEL, name: 'a', slotsBusy: busy },
          { ...MODEL, name: 'b' },
        ],
      });
    report(0);
    const leaves = Array.from({ length: 4 }, () => worker.enter('a'));
    expect([worker.load('a'), worker.load('b')]).toEqual([1, 0]);
    report(4);
    worker.enter('b');
    expect([worker.load('a'), worker.load('b')]).toEqual([1, 1 / 4]);
    for (const leave of leaves) leave();
    expect([worker.load('a'), worker.load('b')]).toEqual([0, 1 / 4]);
  });
});
