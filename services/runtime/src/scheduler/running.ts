import type { Engine } from '../engine/engine.ts';
import type { Speculation } from '../speculation/speculation.ts';
import type { ActiveGeneration } from './active-generation.ts';
import type { Placement } from './placement.ts';
import type { PrefillOrder } from './prefill-order.ts';
import type { Waiting } from './waiting-line.ts';

type RunningParts = {
  readonly engine: Pick<Engine, 'releaseSampler'>;
  readonly placement: Placement;
  readonly order: PrefillOrder;
  readonly speculation: Speculation | undefined;
  /** Called when the engine failed to take something back. */
  readonly onLeak: (cause: unknown) => void;
};

/** The generations that have a slot, and what each came from, for when it must give that up. */
export class Running {
  readonly #parts: RunningParts;
  readonly #waits = new Map<ActiveGeneration, Waiting>();

  constructor(parts: RunningParts) {
    this.#parts = parts;
  }

  has(generation: ActiveGeneration): boolean {
    return this.#waits.has(generation);
  }

  /** In the order in which they got their slots. */
  generations(): ActiveGeneration[] {
    return [...this.#waits.keys()];
  }

  entries(): Iterable<[ActiveGeneration, Waiting]> {
    return this.#waits;
  }

  enter(generation: ActiveGeneration, waiting: Waiting): void {
    this.#waits.set(generation, waiting);
    this.#parts.order.add(generation);
  }

  /** Frees its slot, whatever the engine says to that. */
  leave(generation: ActiveGeneration, { isSound }: { isSound: boolean }): void {
    this.#parts.speculation?.forget(generation);
    this.#parts.order.remove(generation);
    this.#waits.delete(generation);
    this.#giveBack(() => this.#parts.placement.release(generation, { isSound }));
  }

  /** It will sample no more. */
  releaseSampler({ sampler }: ActiveGeneration): void {
    this.#giveBack(() => this.#parts.engine.releaseSampler(sampler));
  }

  /** What the engine does not take back is lost, and nothing else with it. */
  #giveBack(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.onLeak(error);
    }
  }
}
