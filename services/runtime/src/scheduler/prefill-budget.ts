export type PrefillBudgetOptions = {
  /** The longest that one prefill step may hold up the running sequences when few prompts wait. */
  readonly stallMs: number;
  readonly batchTokens: number;
};

/** Below this a step's fixed cost outweighs what it reads. */
const CHUNK_TOKENS_MIN = 16;

/**
 * From here on llama.cpp's flash attention on the CPU works in tiles of 64 rows. Measured on the 120M model, 588 tokens
 * into a prompt: a chunk of 28 tokens takes 96 ms, one of 48 takes 157 ms, one of 64 takes 122 ms.
 */
const WIDE_CHUNK_TOKENS = 64;

/**
 * A fast model's next token should not come thirty times later because somebody's prompt is long: a prefill step takes
 * this many times what a decode step takes, where that is less than `stallMs`.
 */
const DECODE_STEPS_PER_STALL = 3;

/** Shorter steps are mostly fixed cost. */
const STALL_MS_MIN = 10;

/**
 * When more prompts wait than sequences run, their first tokens count for more than the others' next ones, so the
 * running sequences wait longer, up to this many times `stallMs`.
 */
const CROWD_FACTOR_MAX = 2;

/** The weight of the newest step in the running estimates. */
const NEWEST_WEIGHT = 0.2;

/** Sizes prefill steps from what earlier ones cost, so that running sequences wait for a bounded time. */
export class PrefillBudget {
  readonly #options: PrefillBudgetOptions;
  /** What a prompt token costs in chunks below and from WIDE_CHUNK_TOKENS. */
  #narrowMs: number | undefined;
  #wideMs: number | undefined;
  #decodeMs: number | undefined;

  constructor(options: PrefillBudgetOptions) {
    this.#options = options;
  }

  /** How many prompt tokens the next step may take. Without running sequences nobody is held up. */
  tokens(load: { readonly running: number; readonly waiting: number }): number {
    const { batchTokens } = this.#options;
    if (load.running === 0) return batchTokens;
    const crowdFactor = Math.min(CROWD_FACTOR_MAX, Math.max(1, load.waiting / load.running));
    return Math.min(batchTokens, Math.max(CHUNK_TOKENS_MIN, this.#affordable(this.#stallMs() * crowdFactor)));
  }

  recordPrefill(tokens: number, ms: number): void {
    // Tiny steps are all fixed cost and would shrink the next ones.
    if (tokens < CHUNK_TOKENS_MIN / 2) return;
    if (tokens >= WIDE_CHUNK_TOKENS) this.#wideMs = follow(this.#wideMs, ms / tokens);
    else this.#narrowMs = follow(this.#narrowMs, ms / tokens);
  }

  recordDecode(ms: number): void {
    this.#decodeMs = follow(this.#decodeMs, ms);
  }

  /** Before the first measurement, a small step finds out. */
  #affordable(stallMs: number): number {
    const wideMs = this.#wideMs ?? this.#narrowMs;
    if (wideMs === undefined) return CHUNK_TOKENS_MIN;
    if (wideMs * WIDE_CHUNK_TOKENS <= stallMs) return Math.floor(stallMs / wideMs);
    return Math.min(WIDE_CHUNK_TOKENS - 1, Math.floor(stallMs / (this.#narrowMs ?? wideMs)));
  }

  #stallMs(): number {
    const { stallMs } = this.#options;
    return this.#decodeMs === undefined ? stallMs : Math.min(stallMs, Math.max(STALL_MS_MIN, DECODE_STEPS_PER_STALL * this.#decodeMs));
  }
}

/** A running estimate that the newest value moves by a fifth of the way. */
function follow(estimate: number | undefined, value: number): number {
  return estimate === undefined ? value : estimate + NEWEST_WEIGHT * (value - estimate);
}
