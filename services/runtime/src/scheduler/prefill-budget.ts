export type PrefillBudgetOptions = {
  /** How long one prefill step may hold up the running sequences when few prompts wait. */
  readonly stallMs: number;
  readonly batchTokens: number;
};

/** Below this a step's fixed cost outweighs what it reads. */
const CHUNK_TOKENS_MIN = 16;

/**
 * When more prompts wait than sequences run, their first tokens count for more than the others' next ones, so the
 * running sequences wait longer, up to this many times `stallMs`.
 */
const CROWD_FACTOR_MAX = 4;

/** The weight of the newest step in the running estimate of the cost of a prompt token. */
const NEWEST_WEIGHT = 0.2;

/** Sizes prefill steps from what earlier ones cost, so that running sequences wait for a bounded time. */
export class PrefillBudget {
  readonly #options: PrefillBudgetOptions;
  #msPerToken: number | undefined;

  constructor(options: PrefillBudgetOptions) {
    this.#options = options;
  }

  /** How many prompt tokens the next step may take. Without running sequences nobody is held up. */
  tokens(load: { readonly running: number; readonly waiting: number }): number {
    const { batchTokens, stallMs } = this.#options;
    if (load.running === 0) return batchTokens;
    // Before the first measurement, a small step finds out.
    if (this.#msPerToken === undefined) return Math.min(batchTokens, CHUNK_TOKENS_MIN);
    const crowdFactor = Math.min(CROWD_FACTOR_MAX, Math.max(1, load.waiting / load.running));
    const affordable = Math.floor((stallMs * crowdFactor) / this.#msPerToken);
    return Math.min(batchTokens, Math.max(CHUNK_TOKENS_MIN, affordable));
  }

  record(tokens: number, ms: number): void {
    // Tiny steps are all fixed cost and would shrink the next ones.
    if (tokens < CHUNK_TOKENS_MIN / 2) return;
    const cost = ms / tokens;
    this.#msPerToken = this.#msPerToken === undefined ? cost : this.#msPerToken + NEWEST_WEIGHT * (cost - this.#msPerToken);
  }
}
