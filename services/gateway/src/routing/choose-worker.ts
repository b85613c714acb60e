import type { Worker } from './worker.ts';

/** The least loaded of the workers that serve the model now; among equals any one, so that gateways do not all pick the same. */
export function chooseWorker<Candidate extends Pick<Worker, 'serves' | 'load'>>(
  workers: readonly Candidate[],
  model: string,
  random: () => number = Math.random,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestLoad = Infinity;
  let equals = 0;
  for (const worker of workers) {
    if (!worker.serves(model)) continue;
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
