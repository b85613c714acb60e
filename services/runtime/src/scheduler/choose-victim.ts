import type { ActiveGeneration } from './active-generation.ts';
import type { Waiting } from './waiting-line.ts';

/** A generation that lost its slot this often keeps its next one: what it must read again grows with every time. */
const PREEMPTIONS_MAX = 3;

/**
 * Which generation loses its slot to a request of this priority: the least urgent, and of equals the one that came last.
 * None that had as high a priority in line when it got its slot, so what one gained by waiting the next arrival does not
 * take away.
 */
export function chooseVictim(running: Iterable<[ActiveGeneration, Waiting]>, priority: number): [ActiveGeneration, Waiting] | undefined {
  let victim: [ActiveGeneration, Waiting] | undefined;
  for (const [generation, waiting] of running) {
    if (waiting.wonWith >= priority || generation.preemptions >= PREEMPTIONS_MAX || generation.isCancelled) continue;
    // What came last has the least to read again.
    if (generation.request.priority <= (victim?.[0].request.priority ?? Infinity)) victim = [generation, waiting];
  }
  return victim;
}
