import type { SamplerParams } from '../engine.ts';
import { NO_REST, type Candidates } from './candidates.ts';
import { drawToken, likeliest } from './draw.ts';
import { Dry } from './dry.ts';
import { keepMinP } from './min-p.ts';
import { Mirostat } from './mirostat.ts';
import { Penalties, type PenaltyParams } from './penalties.ts';
import { SeededRandom } from './random.ts';
import { applyTemperature, applyTemperatureLast } from './temperature.ts';
import { keepTopK } from './top-k.ts';
import { keepTopP } from './top-p.ts';
import { keepTypical } from './typical.ts';
import { excludeTopChoices } from './xtc.ts';

/** The chances of one token. More candidates of the same step get the same again. */
export type Draws = { readonly token: number; readonly xtc: number };

/**
 * One request's samplers in llama.cpp's order: penalties, DRY, top_k, typical_p, top_p, min_p, XTC,
 * temperature; or mirostat after the temperature, in place of all truncation.
 */
export class CandidateChain {
  readonly #params: SamplerParams;
  readonly #penaltyParams: PenaltyParams;
  readonly #penalties: Penalties;
  readonly #dry: Dry | undefined;
  readonly #mirostat: Mirostat | undefined;
  readonly #random: SeededRandom;

  constructor(params: SamplerParams, vocabularySize: number) {
    this.#params = params;
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = params;
    this.#penaltyParams = { repetition: repetitionPenalty, presence: presencePenalty, frequency: frequencyPenalty };
    this.#penalties = new Penalties(this.#penaltyParams, params.penaltyHistory);
    this.#dry = params.dry && new Dry(params.dry, params.dry.history);
    this.#mirostat = params.mirostat && new Mirostat(params.mirostat, vocabularySize);
    this.#random = new SeededRandom(params.seed);
  }

  /** The temperature that the weight of the tokens beside the candidates must be of. */
  get restTemperature(): number {
    return this.#isTemperatureFirst ? this.#params.temperature : 1;
  }

  /** Whether nothing depends on what the tokens beside the candidates weigh. */
  get ignoresRestWeight(): boolean {
    const { topK, temperature, mirostat } = this.#params;
    return (topK > 0 && !mirostat) || (temperature === 0 && !this.#truncates);
  }

  draws(): Draws {
    return { token: this.#random.next(), xtc: this.#params.xtc ? this.#random.next() : 1 };
  }

  /** The next token, or undefined when more candidates are needed to say. There must be at least one. */
  choose(candidates: Candidates, draws: Draws): number | undefined {
    const { temperature } = this.#params;
    const adjusted = this.#penalised(candidates);
    if (this.#mirostat) return this.#mirostat.choose(applyTemperature(adjusted, temperature), draws.token);
    if (this.#isTemperatureFirst) return drawToken(applyTemperature(adjusted, temperature), draws.token);
    const truncated = this.#truncated(adjusted, draws.xtc);
    if (!truncated || temperature === 0) return truncated && likeliest(truncated);
    const warmed = applyTemperatureLast(truncated, temperature);
    return warmed && drawToken(warmed, draws.token);
  }

  /** The chosen token became a part of the output. */
  accept(token: number): void {
    this.follow(token);
    this.#mirostat?.accept();
  }

  /** A token that was not chosen here became, or is about to become, a part of the output. */
  follow(token: number): void {
    this.#penalties.accept(token);
    this.#dry?.accept(token);
  }

  get #truncates(): boolean {
    const { topK, topP, minP, typicalP = 1, xtc } = this.#params;
    return topK > 0 || topP < 1 || minP > 0 || typicalP < 1 || xtc !== undefined;
  }

  /** Without a truncation in between, the temperature can come first; the tail's weight is known then. */
  get #isTemperatureFirst(): boolean {
    const { temperature, mirostat } = this.#params;
    return mirostat !== undefined || (temperature > 0 && !this.#truncates);
  }

  #penalised(candidates: Candidates): Candidates {
    const dry = this.#dry;
    if (!dry && Penalties.areNeutral(this.#penaltyParams)) return candidates;
    const { ids, rest } = candidates;
    const logits = candidates.logits.map((logit, place) => {
      const id = ids[place] ?? 0;
      return this.#penalties.penalised(id, logit) - (dry?.penalty(id) ?? 0);
    });
    return { ...candidates, logits, rest: { weight: rest.weight, logitMax: this.#penalties.highest(rest.logitMax) } };
  }

  #truncated(candidates: Candidates, xtcDraw: number): Candidates | undefined {
    const { topK, typicalP = 1, topP, minP, xtc } = this.#params;
    const likeliestK = keepTopK(candidates, topK);
    const typical = likeliestK && keepTypical(likeliestK, typicalP);
    const nucleus = typical && keepTopP(typical, topP);
    const likelyEnough = nucleus && keepMinP(nucleus, minP);
    return likelyEnough && xtc ? excludeTopChoices(likelyEnough, xtc, xtcDraw) : likelyEnough;
  }
}

/** As if there were no other tokens: when no more can be fetched, nothing more is asked for. */
export function withoutRest(candidates: Candidates): Candidates {
  return { ...candidates, rest: NO_REST };
}
