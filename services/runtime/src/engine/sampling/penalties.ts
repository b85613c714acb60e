export type PenaltyParams = {
  /** Divides positive logits of tokens that were there and multiplies others; 1 is neutral. */
  readonly repetition: number;
  /** Subtracted once. */
  readonly presence: number;
  /** Subtracted for every time. */
  readonly frequency: number;
};

/** OpenAI's presence and frequency penalties and the repetition penalty of CTRL (arXiv 1909.05858), as llama.cpp joins them. */
export class Penalties {
  readonly #params: PenaltyParams;
  readonly #counts = new Map<number, number>();
  #countMax = 0;

  constructor(params: PenaltyParams, history: readonly number[]) {
    this.#params = params;
    for (const token of history) this.accept(token);
  }

  static areNeutral({ repetition, presence, frequency }: PenaltyParams): boolean {
    return repetition === 1 && presence === 0 && frequency === 0;
  }

  penalised(token: number, logit: number): number {
    const count = this.#counts.get(token);
    return count === undefined ? logit : this.#afterCount(count, logit);
  }

  /** What a token of this logit, or of a lower one, may have at most: penalties below neutral raise. */
  highest(logit: number): number {
    return this.#countMax === 0 ? logit : Math.max(logit, this.#afterCount(1, logit), this.#afterCount(this.#countMax, logit));
  }

  accept(token: number): void {
    const count = (this.#counts.get(token) ?? 0) + 1;
    this.#counts.set(token, count);
    this.#countMax = Math.max(this.#countMax, count);
  }

  #afterCount(count: number, logit: number): number {
    const { repetition, presence, frequency } = this.#params;
    return (logit > 0 ? logit / repetition : logit * repetition) - presence - count * frequency;
  }
}
