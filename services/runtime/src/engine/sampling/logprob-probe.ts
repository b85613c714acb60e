import type { BindingContext, BindingSample, BindingSampler } from '../binding.ts';
import type { TokenLogprobs } from '../engine.ts';
import { allEnded } from './all-ended.ts';

type Listed = readonly { readonly tokenId: number; readonly logit: number }[];

/** The likeliest token's logit, and the sum of exp(logit − that logit) over the vocabulary. */
export type Weight = { readonly logitMax: number; readonly total: number };

/**
 * Reads log probabilities of the raw distribution: a greedy sampler without anything else tells the vocabulary's weight
 * without sorting it, a top_k one the likeliest. One call at a time.
 */
export class LogprobProbe {
  readonly #createNative: () => BindingSampler;
  #greedy: BindingSampler | undefined;
  #top: BindingSampler | undefined;
  #topCount = 0;

  constructor(createNative: () => BindingSampler) {
    this.#createNative = createNative;
  }

  /** Of one token. */
  async of(binding: BindingContext, logit: number, { token, top }: { token: number; top: number }): Promise<TokenLogprobs> {
    const [sample, likeliest] = await allEnded<[BindingSample, Listed]>([
      this.#askGreedy(binding, logit, [token]),
      this.likeliest(binding, logit, top),
    ]);
    return toLogprobs(token, logitOf(sample, token), { weight: toWeight(sample), likeliest });
  }

  /** Of whatever token another sampler takes of the same logits at the same time. */
  async ofSampled(binding: BindingContext, logit: number, { sampled, top }: { sampled: Promise<number>; top: number }) {
    const [token, sample, likeliest] = await allEnded<[number, BindingSample, Listed]>([
      sampled,
      this.#askGreedy(binding, logit, []),
      this.likeliest(binding, logit, top),
    ]);
    const weight = toWeight(sample);
    const known = token === sample[0] ? weight.logitMax : likeliest.find((entry) => entry.tokenId === token)?.logit;
    // Mostly it is one of those.
    const own = known ?? logitOf(await this.#askGreedy(binding, logit, [token]), token);
    return toLogprobs(token, own, { weight, likeliest });
  }

  async likeliest(binding: BindingContext, logit: number, count: number): Promise<Listed> {
    if (count === 0) return [];
    const top = (this.#top ??= this.#createNative());
    // A greedy sampler would leave top_k out.
    if (this.#topCount !== count) top.applyConfig({ seed: 0, temperature: 1, topK: count });
    this.#topCount = count;
    return toList(await binding.sampleToken(logit, top, false, false, [[], false, false, false, count], false));
  }

  dispose(): void {
    this.#greedy?.dispose();
    this.#top?.dispose();
  }

  #askGreedy(binding: BindingContext, logit: number, tokens: readonly number[]): Promise<BindingSample> {
    if (!this.#greedy) {
      this.#greedy = this.#createNative();
      this.#greedy.applyConfig({ seed: 0 });
    }
    return binding.sampleToken(logit, this.#greedy, false, false, [tokens, false, false, true, 0], true);
  }
}

export function toWeight(sample: BindingSample): Weight {
  return { logitMax: logitOf(sample, sample[0]), total: sample[4] ?? Number.NaN };
}

export function toLogprobs(token: number, logit: number, { weight, likeliest }: { weight: Weight; likeliest: Listed }): TokenLogprobs {
  // Float sums may miss a little: no token is likelier than certain.
  const logprobOf = (value: number): number => Math.min(0, value - weight.logitMax - Math.log(weight.total));
  return {
    tokenId: token,
    logprob: logprobOf(logit),
    top: likeliest.map((entry) => ({ tokenId: entry.tokenId, logprob: logprobOf(entry.logit) })),
  };
}

function logitOf(sample: BindingSample, token: number): number {
  return toList(sample).find((entry) => entry.tokenId === token)?.logit ?? Number.NEGATIVE_INFINITY;
}

function toList([, , , logits = []]: BindingSample): Listed {
  const list: { tokenId: number; logit: number }[] = [];
  for (let i = 0; i + 1 < logits.length; i += 2) list.push({ tokenId: logits[i] ?? 0, logit: logits[i + 1] ?? 0 });
  return list;
}
