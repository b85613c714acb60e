import { Scheduler } from '../scheduler/scheduler.ts';
import { VectorQueue } from '../vectors/vector-queue.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';
import type { ModelHostOptions } from './model-host-options.ts';
import type { Ready } from './model-state.ts';

type RunOptions = Pick<ModelHostOptions, 'clock' | 'observer' | 'queueLimit' | 'prefillStallMs' | 'log' | 'onBroken'>;

/** Puts a loaded model to work. */
export function runModel(model: LoadedModel | LoadedVectorModel, options: RunOptions): Ready {
  const sinceUnixS = Math.floor(options.clock.now().getTime() / 1000);
  if (model.task !== 'generate') return { kind: 'ready', task: model.task, model, scheduler: queueOn(model, options), sinceUnixS };
  const { engine, tokenizer, aids } = model;
  const onLeak = (cause: unknown): void => options.log.error({ err: cause }, 'the engine did not take back a slot or a sampler');
  const scheduler = new Scheduler({ ...options, ...aids, engine, isEndOfGeneration: tokenizer.isEndOfGeneration, onLeak });
  scheduler.start();
  return { kind: 'ready', task: 'generate', model, scheduler, sinceUnixS };
}

/** Fails what still runs on it, and frees its memory. */
export async function closeModel({ scheduler, model }: Ready): Promise<void> {
  await scheduler.close();
  if (model.task === 'generate') await model.aids.close();
  await model.engine.close();
}

function queueOn({ engine }: LoadedVectorModel, { clock, observer, queueLimit, onBroken }: RunOptions): VectorQueue {
  const onRead = ({ tokens, ms }: { tokens: number; ms: number }): void =>
    observer.onStep({ kind: 'vector', sequences: 1, tokens, forwardMs: ms, sampleMs: 0 });
  return new VectorQueue({ engine, clock, queueLimit, onRead, onBroken });
}
