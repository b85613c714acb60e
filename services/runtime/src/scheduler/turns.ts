import type { Adapter } from '../engine/engine.ts';
import type { ActiveGeneration } from './active-generation.ts';

export type Turn = {
  readonly kind: 'prefill' | 'decode';
  readonly adapter: Adapter | undefined;
  /** Those that the step may move: all with this adapter that read, or all that decode. */
  readonly generations: readonly ActiveGeneration[];
  /** How many with this adapter wait for their next token meanwhile. */
  readonly decoding: number;
};

/** A step computes with one adapter, and changing it costs as much as several steps of a small model. */
const STEPS_PER_ADAPTER = 8;

/** Decides what the next step is for: reading alternates with decoding, and adapters take turns. */
export class Turns {
  #adapter: Adapter | undefined;
  #stepsLeft = STEPS_PER_ADAPTER;
  #isDecodeNext = false;

  /** There must be one generation at least. */
  next(active: readonly ActiveGeneration[], isReadable: (generation: ActiveGeneration) => boolean): Turn {
    const adapter = this.#chooseAdapter(active);
    const group = active.filter((generation) => generation.adapter === adapter);
    const decoding = group.filter((generation) => !generation.isReading);
    const reading = group.filter((generation) => generation.isReading && isReadable(generation));
    const isPrefill = reading.length > 0 && (decoding.length === 0 || !this.#isDecodeNext);
    this.#isDecodeNext = isPrefill;
    return { kind: isPrefill ? 'prefill' : 'decode', adapter, generations: isPrefill ? reading : decoding, decoding: decoding.length };
  }

  #chooseAdapter(active: readonly ActiveGeneration[]): Adapter | undefined {
    const adapters = [...new Set(active.map(({ adapter }) => adapter))];
    const at = adapters.indexOf(this.#adapter);
    if (at >= 0 && (adapters.length === 1 || this.#stepsLeft > 0)) {
      this.#stepsLeft--;
      return this.#adapter;
    }
    this.#stepsLeft = STEPS_PER_ADAPTER - 1;
    this.#adapter = adapters[(at + 1) % adapters.length];
    return this.#adapter;
  }
}
