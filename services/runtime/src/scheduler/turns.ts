import type { Adapter } from '../engine/engine.ts';
import type { ActiveGeneration } from './active-generation.ts';

export type Turn = {
  readonly kind: 'prefill' | 'decode';
  readonly adapter: Adapter | undefined;
  /** Those that the step may move: all with this adapter that read, or all that decode. */
  readonly generations: readonly ActiveGeneration[];
  /** How many wait for their next token meanwhile, with whatever adapter. */
  readonly decoding: number;
};

/** A step computes with one adapter, and changing it costs a third of a step of a very small model, a tenth of one of 120M. */
const STEPS_PER_ADAPTER = 8;

/** Decides what the next step is for: reading alternates with decoding, and adapters take turns. */
export class Turns {
  /** The adapters that are asked for: the one whose turn it is, then the others, the longest without one first. */
  #line: (Adapter | undefined)[] = [];
  #stepsLeft = STEPS_PER_ADAPTER;
  /** Others waited for a token while a prompt was read in this turn. */
  #hasHeldUp = false;
  #isDecodeNext = false;

  /** There must be one generation at least. */
  next(active: readonly ActiveGeneration[], isReadable: (generation: ActiveGeneration) => boolean): Turn {
    this.#follow(active);
    const decoding = active.filter((generation) => !generation.isReading);
    let own = decoding.filter((generation) => generation.adapter === this.#line[0]);
    // One that only reads may do it once, if that holds others up: they would wait for turns full of long steps.
    if (this.#line.length > 1 && (this.#stepsLeft <= 0 || (own.length === 0 && this.#hasHeldUp))) {
      this.#line.push(...this.#line.splice(0, 1));
      this.#begin();
      own = decoding.filter((generation) => generation.adapter === this.#line[0]);
    }
    const [adapter] = this.#line;
    const holdsUp = own.length < decoding.length;
    const mayRead = !(holdsUp && this.#hasHeldUp);
    const reading = active.filter(
      (generation) => mayRead && generation.adapter === adapter && generation.isReading && isReadable(generation),
    );
    const isPrefill = reading.length > 0 && (own.length === 0 || !this.#isDecodeNext);
    this.#hasHeldUp ||= isPrefill && holdsUp;
    this.#isDecodeNext = isPrefill;
    this.#stepsLeft--;
    return { kind: isPrefill ? 'prefill' : 'decode', adapter, generations: isPrefill ? reading : own, decoding: decoding.length };
  }

  /** Who comes goes to the end, also one that was away for a moment only: nobody overtakes by coming again and again. */
  #follow(active: readonly ActiveGeneration[]): void {
    const [before] = this.#line;
    const present = new Set(active.map(({ adapter }) => adapter));
    this.#line = this.#line.filter((adapter) => present.delete(adapter));
    this.#line.push(...present);
    if (this.#line[0] !== before) this.#begin();
  }

  #begin(): void {
    this.#stepsLeft = STEPS_PER_ADAPTER;
    this.#hasHeldUp = false;
  }
}
