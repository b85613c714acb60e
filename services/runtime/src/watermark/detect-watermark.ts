import { normalTail } from './normal-tail.ts';
import type { Watermark } from './watermark.ts';

export type Detection = {
  /** Pairs of neighbouring tokens, each different one counted once. */
  readonly scoredTokens: number;
  readonly greenTokens: number;
  readonly zScore: number;
  /** One-sided. */
  readonly pValue: number;
};

/** Tokens are numbers far below this, so two of them are one number that a double holds. */
const TOKENS = 2 ** 26;

/** The test of a text whose tokens come in parts. */
export class WatermarkDetector {
  readonly #watermark: Watermark;
  readonly #scored = new Set<number>();
  #greenTokens = 0;
  #previous: number | undefined;

  constructor(watermark: Watermark) {
    this.#watermark = watermark;
  }

  add(tokens: ArrayLike<number>): void {
    for (let i = 0; i < tokens.length; i++) {
      const [previous, token] = [this.#previous, tokens[i] ?? 0];
      this.#previous = token;
      if (previous === undefined) continue;
      const pair = previous * TOKENS + token;
      if (this.#scored.has(pair)) continue;
      this.#scored.add(pair);
      if (this.#watermark.isGreen(previous, token)) this.#greenTokens++;
    }
  }

  /**
   * The test of arXiv 2301.10226, equation 3: z = (green − γT) / √(Tγ(1 − γ)). A pair that comes again proves nothing more,
   * so a text that repeats itself is not taken for a marked one.
   */
  result(): Detection {
    const { gamma } = this.#watermark;
    const total = this.#scored.size;
    const zScore = total === 0 ? 0 : (this.#greenTokens - gamma * total) / Math.sqrt(total * gamma * (1 - gamma));
    return { scoredTokens: total, greenTokens: this.#greenTokens, zScore, pValue: total === 0 ? 1 : normalTail(zScore) };
  }
}

export function detectWatermark(tokens: ArrayLike<number>, watermark: Watermark): Detection {
  const detector = new WatermarkDetector(watermark);
  detector.add(tokens);
  return detector.result();
}
