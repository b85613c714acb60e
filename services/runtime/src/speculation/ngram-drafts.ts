import type { ActiveGeneration } from '../scheduler/active-generation.ts';
import type { DraftSource } from './draft-source.ts';
import { NgramIndex } from './ngram-index.ts';

/** Drafts from what a sequence has said itself. Needs no second model and next to no time. */
export class NgramDrafts implements DraftSource {
  readonly #indexes = new Map<ActiveGeneration, NgramIndex>();

  propose(generations: readonly ActiveGeneration[], tokensMax: number): Promise<readonly (readonly number[])[]> {
    return Promise.resolve(generations.map((generation) => this.#indexOf(generation).propose(tokensMax)));
  }

  forget(generation: ActiveGeneration): void {
    this.#indexes.delete(generation);
  }

  /** The generation's index, with everything that it has read and said. */
  #indexOf(generation: ActiveGeneration): NgramIndex {
    let index = this.#indexes.get(generation);
    if (!index) {
      index = new NgramIndex();
      this.#indexes.set(generation, index);
      for (const token of generation.request.prompt) index.push(token);
    }
    const { output } = generation;
    for (let i = index.length - generation.request.prompt.length; i < output.length; i++) index.push(output[i] ?? 0);
    return index;
  }
}
