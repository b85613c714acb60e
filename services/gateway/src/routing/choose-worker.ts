import type { Task } from './task.ts';
import type { Worker } from './worker.ts';

/** What a request needs of a worker. */
export type Target = {
  readonly model: string;
  /** Empty or unset for the model itself. */
  readonly adapter?: string;
  /** Names of the prompt's beginnings, shortest first. */
  readonly prefixDigests?: readonly number[];
  /** Unset where any will do, or what the model is for was looked at before. */
  readonly task?: Task;
};

type Candidate = Pick<Worker, 'serves' | 'load' | 'warmthFor'>;

/**
 * A worker that holds the prompt's beginning takes a request as long as it is not busier than this many times the mean
 * of all: consistent hashing with bounded loads (arXiv 1608.01350) has the bound from there.
 */
const BUSIER_THAN_MEAN_MAX = 1.25;
/** Below this part of its slots nobody is busy, whatever the mean is. */
const IDLE_LOAD = 0.5;

/**
 * The worker that holds most of the prompt's beginning, unless it is overloaded; else the least loaded of those that
 * serve the model now. Among equals any one, so that gateways do not all pick the same.
 */
export function chooseWorker<Chosen extends Candidate>(
  workers: readonly Chosen[],
  target: Target,
  random: () => number = Math.random,
): Chosen | undefined {
  const serving = workers.filter((worker) => worker.serves(target.model, target.adapter, target.task));
  return warmest(serving, target) ?? leastLoaded(serving, target, random);
}

function warmest<Chosen extends Candidate>(serving: readonly Chosen[], { model, prefixDigests = [] }: Target): Chosen | undefined {
  if (prefixDigests.length === 0 || serving.length < 2) return undefined;
  const meanLoad = serving.reduce((sum, worker) => sum + worker.load(model), 0) / serving.length;
  const loadMax = Math.max(IDLE_LOAD, meanLoad * BUSIER_THAN_MEAN_MAX);
  let best: Chosen | undefined;
  let bestDepth = 0;
  for (const worker of serving) {
    const depth = worker.warmthFor(prefixDigests);
    if (depth < bestDepth || depth === 0 || worker.load(model) > loadMax) continue;
    if (depth === bestDepth && best && worker.load(model) >= best.load(model)) continue;
    best = worker;
    bestDepth = depth;
  }
  return best;
}

function leastLoaded<Chosen extends Candidate>(serving: readonly Chosen[], { model }: Target, random: () => number): Chosen | undefined {
  let best: Chosen | undefined;
  let bestLoad = Infinity;
  let equals = 0;
  for (const worker of serving) {
    const load = worker.load(model);
    if (load < bestLoad) {
      best = worker;
      bestLoad = load;
      equals = 1;
    } else if (load === bestLoad && random() * ++equals < 1) {
      best = worker;
    }
  }
  return best;
}
