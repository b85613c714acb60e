import { isRefusedToken, type BindingContext, type BindingSample, type BindingSampler } from './binding.ts';
import { NO_TOKEN, type Sampler, type SamplerParams, type TokenLogprobs } from './engine.ts';
import { asLlamaGrammar, type GrammarProgress } from './llama-grammar.ts';
import { allEnded } from './sampling/all-ended.ts';
import { CandidateChain } from './sampling/candidate-chain.ts';
import { CandidateSampler } from './sampling/candidate-sampler.ts';
import { LogprobProbe, toLogprobs, toWeight } from './sampling/logprob-probe.ts';
import { NativeCandidates } from './sampling/native-candidates.ts';
import { isPlainGreedy, needsCandidates, toNativeBias, toNativeConfig } from './sampling/native-config.ts';
import type { Lead, Utf8Ban } from './utf8-ban.ts';

type Options = {
  readonly createNativeSampler: () => BindingSampler;
  readonly endOfGenerationTokens: readonly number[];
  readonly contextTokens: number;
  readonly vocabularySize: number;
  readonly utf8: Utf8Ban;
};

const NO_TOKENS = new Uint32Array(0);

/** Where to sample: the logits of the last step, and the token that they follow. */
type Place = { readonly binding: BindingContext; readonly logit: number; readonly previous: number };

/**
 * A pooled native sampler, configured once per request: configuring is 40 property reads across the binding, sampling is
 * one call. What the binding cannot sample by itself is sampled from the candidates that it lists.
 */
export class LlamaSampler implements Sampler {
  readonly #options: Options;
  readonly #native: BindingSampler;
  #weigher: BindingSampler | undefined;
  readonly #probe: LogprobProbe;
  #params: SamplerParams | undefined;
  #grammar: GrammarProgress | undefined;
  #chain: CandidateChain | undefined;
  #candidates: CandidateSampler | undefined;
  #isEndBanned = false;
  readonly #forced: number[] = [];
  /** The whole output, once what is forced has come. */
  #outputWhenForced: readonly number[] = [];
  /** Of an output with a grammar or a watermark: what it has said. */
  readonly #said: number[] = [];
  /** Of an output with a grammar: the character that it has begun. */
  #lead: Lead | undefined;
  /** Of an output with a watermark: the token that the green ones follow. */
  #marked: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#native = options.createNativeSampler();
    this.#probe = new LogprobProbe(options.createNativeSampler);
  }

  configure(params: SamplerParams): void {
    // A first call with another seed drops penalties, bias and the random generator's position of the last request.
    this.#native.applyConfig({ seed: (params.seed ^ 1) >>> 0 });
    this.#params = params;
    this.#grammar = params.grammar && asLlamaGrammar(params.grammar).begin();
    this.#isEndBanned = params.banEndOfGeneration;
    this.#said.length = 0;
    this.#lead = undefined;
    this.#marked = undefined;
    if (needsCandidates(params)) this.#chain = new CandidateChain(params, this.#options.vocabularySize);
    this.#apply(params, () => params.penaltyHistory);
  }

  /** One token from the logits of the last step, with its logprobs where they were asked for; NO_TOKEN where nothing may follow. */
  sample(place: Place): Promise<number | TokenLogprobs> {
    const top = this.#params?.logprobs;
    return top === undefined ? this.#sampleToken(place) : this.#sampleWithLogprobs(place, top);
  }

  allowEndOfGeneration(outputTokens: readonly number[]): void {
    const params = this.#params;
    if (!params) throw new Error('the sampler was not configured');
    this.#isEndBanned = false;
    this.#apply(params, () => [...params.penaltyHistory, ...outputTokens]);
  }

  force(tokens: readonly number[], outputTokens: readonly number[]): void {
    this.#forced.push(...tokens);
    this.#outputWhenForced = [...outputTokens, ...this.#forced];
    // Nothing is chosen before they have come.
    for (const token of tokens) this.#chain?.follow(token);
  }

  /** Forgets the request, so that what it held can be collected. */
  reset(): void {
    if (this.#grammar) this.#native.applyConfig({ seed: 0 });
    this.#grammar = undefined;
    this.#forced.length = 0;
    this.#outputWhenForced = [];
    this.#params = undefined;
    this.#chain = undefined;
    this.#candidates = undefined;
  }

  dispose(): void {
    this.#native.dispose();
    this.#weigher?.dispose();
    this.#probe.dispose();
  }

  /** The same seed keeps the random generator where it is. */
  #apply(params: SamplerParams, history: () => readonly number[]): void {
    const { contextTokens, endOfGenerationTokens, vocabularySize } = this.#options;
    const bias = toNativeBias(params, { banned: this.#bannedNow(), green: this.#greenNow(params) });
    if (!this.#chain) {
      const config = toNativeConfig(params, { history, contextTokens, bias });
      this.#native.applyConfig(this.#grammar ? { ...config, grammarEvaluationState: this.#grammar.state } : config);
      return;
    }
    const source = new NativeCandidates(
      { lister: this.#native, weigher: () => (this.#weigher ??= this.#options.createNativeSampler()) },
      { vocabularySize, bias, restTemperature: this.#chain.restTemperature, ignoresRestWeight: this.#chain.ignoresRestWeight },
    );
    this.#candidates = new CandidateSampler({
      chain: this.#chain,
      source,
      grammar: this.#grammar,
      isEndOfGeneration: (token) => endOfGenerationTokens.includes(token),
    });
  }

  /** Beside what the bias bans. */
  #bannedNow(): readonly number[] {
    const { endOfGenerationTokens, utf8 } = this.#options;
    const ends = [...(this.#params?.bannedTokens ?? []), ...(this.#isEndBanned ? endOfGenerationTokens : [])];
    if (!this.#grammar) return ends;
    return [...ends, ...utf8.always, ...(this.#lead === undefined ? [] : utf8.after(this.#lead))];
  }

  #greenNow({ watermark }: SamplerParams): Uint32Array {
    return watermark && this.#marked !== undefined ? watermark.greenAfter(this.#marked, this.#options.vocabularySize) : NO_TOKENS;
  }

  #sampleToken(place: Place): Promise<number> {
    if (this.#params?.watermark) this.#mark(this.#params, place.previous);
    if (this.#grammar || this.#params?.watermark) return this.#sampleFollowed(place);
    return this.#sampleFree(place);
  }

  /** The native sampler sees none of what is forced, so it is told the whole output when the last of it is taken. */
  #takeForced(): number | undefined {
    if (this.#forced.length === 0) return undefined;
    const token = this.#forced.shift();
    const params = this.#params;
    if (this.#forced.length === 0 && params && !this.#chain)
      this.#apply(params, () => [...params.penaltyHistory, ...this.#outputWhenForced]);
    return token;
  }

  #sampleFree(place: Place): Promise<number> {
    const forced = this.#takeForced();
    if (forced !== undefined) return Promise.resolve(forced);
    return this.#candidates ? this.#sampleCandidate(place, this.#candidates) : place.binding.sampleToken(place.logit, this.#native);
  }

  async #sampleCandidate(place: Place, candidates: CandidateSampler): Promise<number> {
    return (await candidates.sample(place)) ?? NO_TOKEN;
  }

  /** Green tokens get their bias natively: where the pool is serial, they are looked up while the pass still computes. */
  #mark(params: SamplerParams, previous: number): void {
    if (previous === this.#marked) return;
    this.#marked = previous;
    this.#apply(params, () => [...params.penaltyHistory, ...this.#said]);
  }

  async #sampleFollowed(place: Place): Promise<number> {
    const token = await (this.#grammar ? this.#sampleAllowed(place, this.#grammar) : this.#sampleFree(place));
    this.#said.push(token);
    if (this.#grammar) this.#followCharacter(token);
    return token;
  }

  /** What a grammar takes for a character must be one, so some bytes are banned after others. */
  #followCharacter(token: number): void {
    const [lead, params] = [this.#options.utf8.leadAfter(token), this.#params];
    if (lead === this.#lead || !params) return;
    this.#lead = lead;
    this.#apply(params, () => [...params.penaltyHistory, ...this.#said]);
  }

  async #sampleAllowed(place: Place, grammar: GrammarProgress): Promise<number> {
    const { endOfGenerationTokens } = this.#options;
    const forced = this.#takeForced();
    if (forced !== undefined) {
      if (grammar.allows(forced) && !endOfGenerationTokens.includes(forced)) grammar.accept(forced);
      return forced;
    }
    // Asked before: a token that the grammar refuses, taken because nothing else is left, spoils its state. Grammars allow all
    // ends or none, so one question is enough; it costs each token microseconds.
    const [anyEnd] = endOfGenerationTokens;
    const end = anyEnd !== undefined && grammar.allows(anyEnd) ? anyEnd : undefined;
    const sampled = this.#sampleFree(place);
    // The native sampler answers with a rejection where it has taken such a token: then the end is all that is left.
    const token = await sampled.catch((error: unknown) => {
      if (isRefusedToken(error)) return NO_TOKEN;
      throw error;
    });
    const isEnd = endOfGenerationTokens.includes(token);
    if (token !== NO_TOKEN && !isEnd) return token;
    return isEnd && end !== undefined ? token : (end ?? NO_TOKEN);
  }

  async #sampleWithLogprobs(place: Place, top: number): Promise<number | TokenLogprobs> {
    const { binding, logit } = place;
    if (!this.#params || this.#forced.length > 0 || !isPlainGreedy(this.#params))
      return this.#probe.ofSampled(binding, logit, { sampled: this.#sampleToken(place), top });
    const [sample, likeliest] = await allEnded<[BindingSample, Awaited<ReturnType<LogprobProbe['likeliest']>>]>([
      binding.sampleToken(logit, this.#native, false, false, [[], false, false, true, 0], true),
      this.#probe.likeliest(binding, logit, top),
    ]);
    const weight = toWeight(sample);
    return toLogprobs(sample[0], weight.logitMax, { weight, likeliest });
  }
}
