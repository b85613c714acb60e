import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createLog } from '@sluice/platform/log';
import { systemClock } from '@sluice/platform/clock';
import type { SamplerParams } from '../engine/engine.ts';
import { GREEDY } from '../engine/greedy.ts';
import { loadModel, type LoadedModel } from '../models/load-model.ts';
import { readModelSettings, type ModelSettings } from '../models/model-settings.ts';
import type { GenerationEvent, Usage } from '../scheduler/generation.ts';
import { noObserver } from '../scheduler/observer.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { OutputText } from '../text/output-text.ts';

export const DEMO_MODEL = fileURLToPath(new URL('../../../../models/demo-chat.gguf', import.meta.url));

/** The demo model on one thread, small enough for a test. */
export async function loadDemoModel(change: Partial<ModelSettings>): Promise<LoadedModel> {
  const settings = { ...(await readModelSettings(DEMO_MODEL)), ...change };
  const log = createLog({ service: 'test', level: 'silent' });
  return loadModel({
    settings,
    backend: 'cpu',
    library: 'prebuilt',
    threads: 1,
    downloadFolder: '',
    prefixFolder: tmpdir(),
    log,
    onProgress() {},
  });
}

export function scheduleOn(model: LoadedModel): Scheduler {
  const scheduler = new Scheduler({
    ...model.aids,
    engine: model.engine,
    isEndOfGeneration: model.tokenizer.isEndOfGeneration,
    clock: systemClock,
    observer: noObserver,
    queueLimit: 64,
    prefillStallMs: 100,
    onLeak(cause) {
      throw cause;
    },
    onBroken(cause) {
      throw cause;
    },
  });
  scheduler.start();
  return scheduler;
}

export type GreedyResult = { readonly text: string; readonly completionTokens: number; readonly reason: string; readonly usage: Usage };

/** One greedy generation to its end. */
export function generateGreedily(
  model: LoadedModel,
  scheduler: Scheduler,
  request: { prompt: Uint32Array; maxTokens: number },
): Promise<GreedyResult> {
  return generate(model, scheduler, { ...request, sampling: GREEDY });
}

/** One generation to its end. */
export function generate(
  model: LoadedModel,
  scheduler: Scheduler,
  request: { prompt: Uint32Array; maxTokens: number; sampling: SamplerParams },
): Promise<GreedyResult> {
  return new Promise((resolve, reject) => {
    let text = '';
    scheduler.submit({
      ...request,
      totalTokensMax: undefined,
      minTokens: 0,
      stopTokenIds: new Set(),
      ignoreEos: false,
      priority: 0,
      queueTimeoutMs: 30_000,
      text: new OutputText(model.tokenizer.tokenBytes, { stop: [], includeStop: false }),
      outlet: {
        emit(event: GenerationEvent) {
          if (event.kind === 'delta') text += event.text;
          if (event.kind === 'finished')
            resolve({ text, completionTokens: event.usage.completionTokens, reason: event.reason, usage: event.usage });
          if (event.kind === 'failed') reject(event.fault);
        },
        flush() {},
      },
    });
  });
}
