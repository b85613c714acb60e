import { DepthEstimates, follow } from './depth-estimates.ts';

export type PrefillBudgetOptions = {
  /** The longest that one prefill step may hold up the running sequences when few prompts wait. */
  readonly stallMs: number;
  readonly batchTokens: number;
};

/** Below this a step's fixed cost outweighs what it reads. */
const CHUNK_TOKENS_MIN = 16;

/**
 * From here on llama.cpp's flash attention on the CPU works in tiles of so many rows; an incomplete one costs nearly as much
 * as a whole. Measured on the 120M model, 1,000 tokens into a prompt: 60 tokens take 287 ms, 64 take 156, 72 take 220, 96
 * take 246 and 128 take 292.
 */
export const TILE_TOKENS = 64;

/**
 * A fast model's next token should not come thirty times later because somebody's prompt is long: a prefill step takes
 * this many times what a decode step takes, where that is less than `stallMs`.
 */
const DECODE_STEPS_PER_STALL = 3;

/**
 * Where decode steps are long themselves, shorter prefill steps would spare the running sequences little and cost the prompt
 * much: a prefill step may always take this many times what a decode step takes.
 */
const DECODE_STEPS_PER_STALL_MIN = 1.5;

/** Shorter steps are mostly fixed cost. */
const STALL_MS_MIN = 10;

/**
 * While several prompts wait, slots are idle that would make every step worth more, and their users have nothing at all, so
 * the running sequences wait longer: `stallMs` for each prompt, up to so many.
 */
const CROWD_MAX = 4;

/** One tile may take so much longer than the stall: anything shorter costs twice as much a token. */
const TILE_STALLS = 1.15;

/** A prompt that so little more would finish is finished: its user gets a token, and the batch a sequence. */
const LAST_CHUNK_STRETCH = { tiled: 3 / 2, narrow: 4 / 3 };

/** A prompt that can be read in one step so much longer is read in one: in pieces it costs everybody more, and waits, too. */
const WHOLE_PROMPT_STALLS = 2;

/** The weight of the newest step in the running estimates. What disturbs a machine makes steps longer, not shorter. */
const NEWEST_WEIGHT = { rising: 0.1, falling: 0.3 };

export type PrefillLoad = {
  /** Sequences that wait for their next token. */
  readonly running: number;
  /** Prompts that are being read, or could be. */
  readonly waiting: number;
  /** How much of the next one has been read, and how much is left. */
  readonly depth: number;
  readonly rest: number;
  /** No step has read any of it yet. */
  readonly isUntouched: boolean;
};

type PrefillCost = { readonly tokens: number; readonly length: number; readonly depth: number; readonly ms: number };

/** Sizes prefill steps from what earlier ones cost, so that running sequences wait for a bounded time. */
export class PrefillBudget {
  readonly #options: PrefillBudgetOptions;
  /** What a prompt token costs in chunks below and from TILE_TOKENS, by depth. */
  readonly #narrowMs = new DepthEstimates({ newestWeight: NEWEST_WEIGHT });
  readonly #tiledMs = new DepthEstimates({ newestWeight: NEWEST_WEIGHT });
  #decodeMs: number | undefined;

  constructor(options: PrefillBudgetOptions) {
    this.#options = options;
  }

  /** How many prompt tokens the next step may take. Without running sequences nobody is held up. */
  tokens({ running, waiting, depth, rest, isUntouched }: PrefillLoad): number {
    const { batchTokens } = this.#options;
    if (running === 0) return batchTokens;
    const stallMs = this.#stallMs() * Math.min(CROWD_MAX, Math.max(1, waiting));
    const affordable = Math.max(CHUNK_TOKENS_MIN, this.#affordable(stallMs, depth));
    const wholeMs = this.#tokenMs(depth, rest) * paidTokens(rest);
    if (isUntouched && wholeMs <= stallMs * WHOLE_PROMPT_STALLS) return Math.min(batchTokens, Math.max(rest, affordable));
    const stretch = affordable < TILE_TOKENS ? LAST_CHUNK_STRETCH.narrow : LAST_CHUNK_STRETCH.tiled;
    return Math.min(batchTokens, rest <= affordable * stretch ? Math.max(rest, affordable) : affordable);
  }

  /** Of a step that read chunks of `length` tokens, `tokens` together. */
  recordPrefill({ tokens, length, depth, ms }: PrefillCost): void {
    // Tiny steps are all fixed cost and would shrink the next ones.
    if (tokens < CHUNK_TOKENS_MIN / 2) return;
    const sequences = tokens / length;
    (length >= TILE_TOKENS ? this.#tiledMs : this.#narrowMs).record(depth, ms / (sequences * paidTokens(length)));
  }

  recordDecode(ms: number): void {
    this.#decodeMs = follow(this.#decodeMs, ms, NEWEST_WEIGHT);
  }

  /** What a token costs in a chunk of this length; nothing is affordable before it is known. */
  #tokenMs(depth: number, length: number): number {
    const narrowMs = this.#narrowMs.at(depth);
    return (length < TILE_TOKENS ? narrowMs : (this.#tiledMs.at(depth) ?? narrowMs)) ?? Number.POSITIVE_INFINITY;
  }

  /** Before the first measurement, a small step finds out. */
  #affordable(stallMs: number, depth: number): number {
    const narrowMs = this.#narrowMs.at(depth);
    const tiledMs = this.#tiledMs.at(depth) ?? narrowMs;
    if (tiledMs === undefined) return CHUNK_TOKENS_MIN;
    const tileMs = tiledMs * TILE_TOKENS;
    const tiles = tileMs <= stallMs * TILE_STALLS ? Math.max(1, Math.floor(stallMs / tileMs)) : 0;
    return tiles > 0 ? tiles * TILE_TOKENS : Math.min(TILE_TOKENS - 1, Math.floor(stallMs / (narrowMs ?? tiledMs)));
  }

  #stallMs(): number {
    const { stallMs } = this.#options;
    if (this.#decodeMs === undefined) return stallMs;
    const shortMs = Math.max(STALL_MS_MIN, DECODE_STEPS_PER_STALL * this.#decodeMs);
    return Math.max(DECODE_STEPS_PER_STALL_MIN * this.#decodeMs, Math.min(stallMs, shortMs));
  }
}

/** What a chunk costs in tokens of a whole tile: half of a tile is attention, which the last one has in full. */
function paidTokens(length: number): number {
  return length < TILE_TOKENS ? length : (length + Math.ceil(length / TILE_TOKENS) * TILE_TOKENS) / 2;
}
