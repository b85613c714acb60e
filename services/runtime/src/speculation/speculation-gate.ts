/** Rounds after which a gain is believed. */
const TRIAL_ROUNDS = 6;
/** Speculation stays on while it gives so many times the tokens of plain decoding in the same time. */
const GAIN_MIN = 1.05;
/** Decode rounds until speculation is tried again; doubles with every trial that failed. */
const PAUSE_ROUNDS = 64;
const PAUSE_ROUNDS_MAX = 4_096;
const NEWEST_WEIGHT = 0.2;

/** Measures whether speculation pays, and switches it off for a while when it does not. */
export class SpeculationGate {
  /** What a plain step takes, by its number of sequences. */
  readonly #plainMs = new Map<number, number>();
  #gain: number | undefined;
  #trialRounds = 0;
  #pauseRounds = PAUSE_ROUNDS;
  #pausedFor = 0;

  /** Whether the next round may speculate. Asked once a round. */
  isOpen(sequences: number): boolean {
    if (this.#pausedFor > 0) {
      this.#pausedFor--;
      return false;
    }
    // What it is to be compared with must be known first.
    return this.#plainMs.has(sequences);
  }

  recordPlain(sequences: number, ms: number): void {
    this.#plainMs.set(sequences, follow(this.#plainMs.get(sequences), ms));
  }

  /** A round that speculated gave `tokens` to `sequences`. */
  recordSpeculative(round: { readonly sequences: number; readonly tokens: number; readonly ms: number }): void {
    const plainMs = this.#plainMs.get(round.sequences);
    if (plainMs === undefined) return;
    this.#gain = follow(this.#gain, (round.tokens / round.sequences) * (plainMs / Math.max(round.ms, 1e-6)));
    if (++this.#trialRounds < TRIAL_ROUNDS) return;
    if (this.#gain >= GAIN_MIN) {
      this.#pauseRounds = PAUSE_ROUNDS;
      return;
    }
    this.#pausedFor = this.#pauseRounds;
    this.#pauseRounds = Math.min(PAUSE_ROUNDS_MAX, this.#pauseRounds * 2);
    this.#gain = undefined;
    this.#trialRounds = 0;
  }
}

function follow(estimate: number | undefined, value: number): number {
  return estimate === undefined ? value : estimate + NEWEST_WEIGHT * (value - estimate);
}
