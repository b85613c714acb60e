import type { RuntimeExtras } from '@sluice/proto/runtime-server';
import { embed } from '../embedding/embed.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Vectoring } from '../models/model-state.ts';
import { requireVectors } from '../models/require-task.ts';
import { rank } from '../ranking/rank.ts';
import type { VectorModel } from '../vectors/vector-model.ts';
import type { VectorQueue } from '../vectors/vector-queue.ts';

type Work<Answer> = (running: { readonly model: VectorModel; readonly queue: VectorQueue }) => Promise<Answer>;
type Asked = { readonly model: string; readonly requestId: string };

/** The calls of models that embed or rank. A model that sleeps is woken first. */
export function createVectorCalls(models: Pick<ModelRegistry, 'find'>): Pick<RuntimeExtras, 'embed' | 'rank' | 'abandon'> {
  const running = new Map<string, AbortController>();
  const abandonable = async <Answer>({ requestId }: Asked, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Answer>) => {
    const controller = new AbortController();
    running.set(requestId, controller);
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      if (running.get(requestId) === controller) running.delete(requestId);
    }
  };
  return {
    embed: (request, signal) =>
      abandonable(request, signal, (either) => run(models, request, { task: 'embed', work: (on) => embed(on, request, either) })),
    rank: (request, signal) =>
      abandonable(request, signal, (either) => run(models, request, { task: 'rank', work: (on) => rank(on, request, either) })),
    abandon: ({ requestId }) => {
      running.get(requestId)?.abort();
      return {};
    },
  };
}

/** The model counts as used from its texts' first token on, so that it is not put to sleep under them. */
async function run<Answer>(
  models: Pick<ModelRegistry, 'find'>,
  { model: name }: Asked,
  { task, work }: { readonly task: Vectoring['task']; readonly work: Work<Answer> },
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
