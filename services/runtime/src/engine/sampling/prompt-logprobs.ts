import type { BindingContext, BindingSampler } from '../binding.ts';
import type { PromptLogprobsWanted, TokenLogprobs } from '../engine.ts';
import { LogprobProbe } from './logprob-probe.ts';

/** As many as the thread pool has threads by default; each has a vocabulary of candidates for itself. */
const PROBES = 4;

/** Log probabilities of prompts, after the step that read them. */
export class PromptLogprobs {
  readonly #probes: readonly LogprobProbe[];

  constructor(createNative: () => BindingSampler) {
    this.#probes = Array.from({ length: PROBES }, () => new LogprobProbe(createNative));
  }

  /** `logits` are those that foretell the followers, one each. */
  async read(binding: BindingContext, logits: Uint32Array, { followers, top }: PromptLogprobsWanted): Promise<TokenLogprobs[]> {
    const read: TokenLogprobs[] = [];
    let next = 0;
    const readOn = async (probe: LogprobProbe): Promise<void> => {
      for (let i = next++; i < followers.length; i = next++) {
        read[i] = await probe.of(binding, logits[i] ?? 0, { token: followers[i] ?? 0, top });
      }
    };
    await Promise.all(this.#probes.map(readOn));
    return read;
  }

  dispose(): void {
    for (const probe of this.#probes) probe.dispose();
  }
}
