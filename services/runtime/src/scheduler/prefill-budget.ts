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
 * While several prompts wait, slots are idle that would make every step worth more, and their users have nothing at all, so
 * the running sequences wait longer: `stallMs` for each prompt, up to so many.
 */
const CROWD_MAX = 4;

/** A prompt that so little more would finish is finished: its user gets a token, and the batch a sequence. */
const LAST_CHUNK_STRETCH = 4 / 3;

/** What a token costs grows with what was read before it; estimates are kept apart by so many tokens of that. */
const DEPTH_TOKENS = 256;

/** The weight of the newest step in the running estimates. */
const NEWEST_WEIGHT = 0.2;

export type PrefillLoad = {
  /** Sequences that wait for their next token. */
  readonly running: number;
  /** Prompts that are being read, or could be. */
  readonly waiting: number;
  /** How much of the next one has been read, and how much is left. */
  readonly depth: number;
  readonly rest: number;
};

/** Sizes prefill steps from what earlier ones cost, so that running sequences wait for a bounded time. */
export class PrefillBudget {
  readonly #options: PrefillBudgetOptions;
  /** What a prompt token costs in chunks below and from WIDE_CHUNK_TOKENS, by depth. */
  readonly #narrowMs = new DepthEstimates();
  readonly #wideMs = new DepthEstimates();
  #decodeMs: number | undefined;

  constructor(options: PrefillBudgetOptions) {
    this.#options = options;
  }

  /** How many prompt tokens the next step may take. Without running sequences nobody is held up. */
  tokens({ running, waiting, depth, rest }: PrefillLoad): number {
    const { batchTokens } = this.#options;
    if (running === 0) return batchTokens;
    const stallMs = this.#stallMs() * Math.min(CROWD_MAX, Math.max(1, waiting));
    const affordable = Math.max(CHUNK_TOKENS_MIN, this.#affordable(stallMs, depth));
    return Math.min(batchTokens, rest <= affordable * LAST_CHUNK_STRETCH ? Math.max(rest, affordable) : affordable);
  }

  recordPrefill({ tokens, depth, ms }: { readonly tokens: number; readonly depth: number; readonly ms: number }): void {
    // Tiny steps are all fixed cost and would shrink the next ones.
    if (tokens < CHUNK_TOKENS_MIN / 2) return;
    (tokens >= WIDE_CHUNK_TOKENS ? this.#wideMs : this.#narrowMs).record(depth, ms / tokens);
  }

  recordDecode(ms: number): void {
    this.#decodeMs = follow(this.#decodeMs, ms);
  }

  /** Before the first measurement, a small step finds out. */
  #affordable(stallMs: number, depth: number): number {
    const narrowMs = this.#narrowMs.at(depth);
    const wideMs = this.#wideMs.at(depth) ?? narrowMs;
    if (wideMs === undefined) return CHUNK_TOKENS_MIN;
    if (wideMs * WIDE_CHUNK_TOKENS <= stallMs) return Math.floor(stallMs / wideMs);
    return Math.min(WIDE_CHUNK_TOKENS - 1, Math.floor(stallMs / (narrowMs ?? wideMs)));
  }

  #stallMs(): number {
    const { stallMs } = this.#options;
    return this.#decodeMs === undefined ? stallMs : Math.min(stallMs, Math.max(STALL_MS_MIN, DECODE_STEPS_PER_STALL * this.#decodeMs));
  }
}

/** Running estimates by depth; where there is none yet, that of the nearest depth above which there is one. */
class DepthEstimates {
  readonly #estimates: (number | undefined)[] = [];

  at(depth: number): number | undefined {
    const bucket = Math.min(Math.floor(depth / DEPTH_TOKENS), this.#estimates.length - 1);
    for (let i = bucket; i >= 0; i--) if (this.#estimates[i] !== undefined) return this.#estimates[i];
    return this.#estimates.find((estimate) => estimate !== undefined);
  }

  record(depth: number, value: number): void {
    const bucket = Math.floor(depth / DEPTH_TOKENS);
    while (this.#estimates.length < bucket) this.#estimates.push(undefined);
    this.#estimates[bucket] = follow(this.#estimates[bucket], value);
  }
}

/** A running estimate that the newest value moves by a fifth of the way. */
function follow(estimate: number | undefined, value: number): number {
  return estimate === undefined ? value : estimate + NEWEST_WEIGHT * (value - estimate);
}
