import type { RuntimeExtras } from '@sluice/proto/runtime-server';
import { embed } from '../embedding/embed.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Vectoring } from '../models/model-state.ts';
import { requireVectors } from '../models/require-task.ts';
import { rank } from '../ranking/rank.ts';
import type { VectorModel } from '../vectors/vector-model.ts';
import type { VectorQueue } from '../vectors/vector-queue.ts';

type Work<Answer> = (running: { readonly model: VectorModel; readonly queue: VectorQueue }) => Promise<Answer>;

/** The calls of models that embed or rank. A model that sleeps is woken first. */
export function createVectorCalls(models: Pick<ModelRegistry, 'find'>): Pick<RuntimeExtras, 'embed' | 'rank'> {
  return {
    embed: (request, signal) => run(models, { name: request.model, task: 'embed' }, (running) => embed(running, request, signal)),
    rank: (request, signal) => run(models, { name: request.model, task: 'rank' }, (running) => rank(running, request, signal)),
  };
}

/** The model counts as used from its texts' first token on, so that it is not put to sleep under them. */
async function run<Answer>(
  models: Pick<ModelRegistry, 'find'>,
  { name, task }: { readonly name: string; readonly task: Vectoring['task'] },
  work: Work<Answer>,
): Promise<Answer> {
  const host = models.find(name);
  const { model, scheduler } = requireVectors(await host.awake(), task);
  const leave = host.enter();
  try {
    return await work({ model, queue: scheduler });
  } finally {
    leave();
  }
}
