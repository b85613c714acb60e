export type PrefillBudgetOptions = {
  /** How long one prefill step may hold up the running sequences. */
  readonly stallMs: number;
  readonly batchTokens: number;
};

/** Below this a step's fixed cost outweighs what it reads. */
const CHUNK_TOKENS_MIN = 16;

/** The weight of the newest step in the running estimate of the cost of a prompt token. */
const NEWEST_WEIGHT = 0.2;

/** Sizes prefill steps from what earlier ones cost, so that nobody waits longer than `stallMs` for the next token. */
export class PrefillBudget {
  readonly #options: PrefillBudgetOptions;
  #msPerToken: number | undefined;

  constructor(options: PrefillBudgetOptions) {
    this.#options = options;
  }

  /** How many prompt tokens the next step may take. Without running sequences nobody is held up. */
  tokens(hasRunningSequences: boolean): number {
    const { batchTokens, stallMs } = this.#options;
    if (!hasRunningSequences) return batchTokens;
    // Before the first measurement, a small step finds out.
    if (this.#msPerToken === undefined) return Math.min(batchTokens, CHUNK_TOKENS_MIN);
    const affordable = Math.floor(stallMs / this.#msPerToken);
    return Math.min(batchTokens, Math.max(CHUNK_TOKENS_MIN, affordable));
  }

  record(tokens: number, ms: number): void {
    // Tiny steps are all fixed cost and would shrink the next ones.
    if (tokens < CHUNK_TOKENS_MIN / 2) return;
    const cost = ms / tokens;
    this.#msPerToken = this.#msPerToken === undefined ? cost : this.#msPerToken + NEWEST_WEIGHT * (cost - this.#msPerToken);
  }
}
