/** Rounds after which a gain is believed. */
const TRIAL_ROUNDS = 6;
/** Speculation stays on while it gives so many times the tokens of plain decoding in the same time. */
const GAIN_MIN = 1.05;
/** Decode rounds until speculation is tried again; doubles with every trial that failed. */
const PAUSE_ROUNDS = 64;
const PAUSE_ROUNDS_MAX = 4_096;
/** After so many rounds a plain one is measured again: sequences grow, and other work comes to the machine. */
const PLAIN_AGE_ROUNDS_MAX = 32;
/** What was spent without a guess, such as a smaller model's reading of a prompt, is an outlay for so many rounds. */
const OUTLAY_ROUNDS = 32;
/** Rounds in a row that may cost something and give no guess. */
const FRUITLESS_ROUNDS_MAX = 16;
const NEWEST_WEIGHT = 0.2;
/** The weight of a plain step that was measured after a while. */
const RARE_WEIGHT = 0.5;

/** What a plain step takes, and how many rounds may have speculated since one was measured. */
type Plain = { readonly ms: number; age: number };

/** Measures whether speculation pays, and switches it off for a while when it does not. */
export class SpeculationGate {
  /** By the number of sequences. */
  readonly #plain = new Map<number, Plain>();
  #gain: number | undefined;
  #outlayMs = 0;
  #fruitlessRounds = 0;
  #trialRounds = 0;
  #pauseRounds = PAUSE_ROUNDS;
  #pausedFor = 0;

  /** Whether the next round may speculate. Asked once a round. */
  isOpen(sequences: number): boolean {
    if (this.#pausedFor > 0) {
      this.#pausedFor--;
      return false;
    }
    // What it is to be compared with must be known, and of late.
    const plain = this.#plain.get(sequences);
    return plain !== undefined && plain.age++ < PLAIN_AGE_ROUNDS_MAX;
  }

  recordPlain(sequences: number, ms: number): void {
    const known = this.#plain.get(sequences);
    const weight = known && known.age > 0 ? RARE_WEIGHT : NEWEST_WEIGHT;
    this.#plain.set(sequences, { ms: follow(known?.ms, ms, weight), age: 0 });
  }

  /** A round that speculated gave `tokens` to `sequences`; `ms` is all that it took, the guessing, too. */
  recordSpeculative(round: { readonly sequences: number; readonly tokens: number; readonly ms: number }): void {
    const plainMs = this.#plain.get(round.sequences)?.ms;
    if (plainMs === undefined) return;
    const outlayMs = this.#outlayMs / OUTLAY_ROUNDS;
    this.#outlayMs -= outlayMs;
    this.#fruitlessRounds = 0;
    const gain = (round.tokens / round.sequences) * (plainMs / Math.max(round.ms + outlayMs, 1e-6));
    this.#gain = follow(this.#gain, gain, NEWEST_WEIGHT);
    if (++this.#trialRounds < TRIAL_ROUNDS) return;
    if (this.#gain >= GAIN_MIN) this.#pauseRounds = PAUSE_ROUNDS;
    else this.#pause();
  }

  /** A round looked for guesses for so long, and found none. */
  recordFruitless({ sequences, ms }: { readonly sequences: number; readonly ms: number }): void {
    const plainMs = this.#plain.get(sequences)?.ms;
    this.#outlayMs += ms;
    // What costs next to nothing may look as often as it likes.
    if (plainMs === undefined || ms < plainMs * (GAIN_MIN - 1)) return;
    if (++this.#fruitlessRounds >= FRUITLESS_ROUNDS_MAX) this.#pause();
  }

  #pause(): void {
    this.#pausedFor = this.#pauseRounds;
    this.#pauseRounds = Math.min(PAUSE_ROUNDS_MAX, this.#pauseRounds * 2);
    this.#gain = undefined;
    this.#fruitlessRounds = 0;
    this.#trialRounds = 0;
  }
}

function follow(estimate: number | undefined, value: number, weight: number): number {
  return estimate === undefined ? value : estimate + weight * (value - estimate);
}
