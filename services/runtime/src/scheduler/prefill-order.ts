import type { ActiveGeneration } from './active-generation.ts';
import type { Placement } from './placement.ts';

/**
 * The generations that read, oldest first. Of several prompts that begin alike, the first reads the beginning for all:
 * the others wait until it is in a cache that they can copy, which takes them a fraction of the time.
 */
export class PrefillOrder {
  readonly #placement: Pick<Placement, 'readerFor'>;
  #readers: ActiveGeneration[] = [];
  readonly #waitsFor = new Map<ActiveGeneration, { readonly reader: ActiveGeneration; readonly shared: number }>();

  constructor(placement: Pick<Placement, 'readerFor'>) {
    this.#placement = placement;
  }

  add(generation: ActiveGeneration): void {
    this.#readers.push(generation);
  }

  /** Forgets one that ended or lost its slot. */
  remove(generation: ActiveGeneration): void {
    this.#waitsFor.delete(generation);
    this.#readers = this.#readers.filter((reader) => reader !== generation);
  }

  /** Forgets those that have read everything. */
  dropRead(): void {
    for (const reader of this.#readers) if (!reader.isReading) this.#waitsFor.delete(reader);
    this.#readers = this.#readers.filter((reader) => reader.isReading);
  }

  /** False while an older one is reading what this one needs, too. */
  isReadable(generation: ActiveGeneration): boolean {
    if (generation.hasBegun) return true;
    const known = this.#waitsFor.get(generation);
    if (known && known.reader.isReading && known.reader.slot >= 0 && known.reader.readLength < known.shared && this.#has(known.reader))
      return false;
    const older = this.#readers.slice(0, this.#readers.indexOf(generation));
    const found = this.#placement.readerFor(generation, older);
    if (found) this.#waitsFor.set(generation, found);
    else this.#waitsFor.delete(generation);
    return found === undefined;
  }

  /** In order of age. */
  sorted(generations: readonly ActiveGeneration[]): ActiveGeneration[] {
    const wanted = new Set(generations);
    return this.#readers.filter((reader) => wanted.has(reader));
  }

  #has(generation: ActiveGeneration): boolean {
    return this.#readers.includes(generation);
  }
}
