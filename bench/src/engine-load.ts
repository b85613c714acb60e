import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import type { LoadedModel } from '@sluice/runtime/models/load-model';
import { loadModel } from '@sluice/runtime/models/load-model';
import { readModelSettings } from '@sluice/runtime/models/model-settings';
import type { StepRecord } from '@sluice/runtime/scheduler/observer';
import { Scheduler } from '@sluice/runtime/scheduler/scheduler';

export type EngineUnderTest = {
  readonly model: LoadedModel;
  readonly scheduler: Scheduler;
  /** Every step since the start, in order. */
  readonly steps: StepRecord[];
  close(): Promise<void>;
};

type EngineSize = { model: string; slots: number; contextTokens: number; threads: number; prefillStallMs: number };

/** The runtime's own scheduler and engine in this process, without gRPC. */
export const openEngine = async (size: EngineSize): Promise<EngineUnderTest> => {
  const settings = { ...(await readModelSettings(size.model)), slots: size.slots, contextTokens: size.contextTokens };
  const model = await loadModel({
    settings,
    backend: 'cpu',
    library: 'prebuilt',
    threads: size.threads,
    poolThreads: Number(process.env['UV_THREADPOOL_SIZE'] ?? 4),
    downloadFolder: '',
    prefixFolder: '/dev/shm',
    log: createLog({ service: 'bench', level: 'silent' }),
    onProgress: () => {},
  });
  const steps: StepRecord[] = [];
  const scheduler = new Scheduler({
    engine: model.engine,
    isEndOfGeneration: model.tokenizer.isEndOfGeneration,
    clock: systemClock,
    observer: { onStep: (step) => void steps.push(step), onDrafts: () => {}, onPreempt: () => {}, onEnd: () => {} },
    queueLimit: 1024,
    prefillStallMs: size.prefillStallMs,
    onLeak: (cause) => {
      throw cause;
    },
    onBroken: (cause) => {
      throw cause;
    },
  });
  scheduler.start();
  return {
    model,
    scheduler,
    steps,
    close: async () => {
      await scheduler.close();
      await model.engine.close();
    },
  };
};
