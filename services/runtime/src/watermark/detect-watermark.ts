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

/**
 * The test of arXiv 2301.10226, equation 3: z = (green − γT) / √(Tγ(1 − γ)). A pair that comes again proves nothing more,
 * so a text that repeats itself is not taken for a marked one.
 */
export function detectWatermark(tokens: ArrayLike<number>, watermark: Watermark): Detection {
  const scored = new Set<string>();
  let green = 0;
  for (let i = 1; i < tokens.length; i++) {
    const [previous, token] = [tokens[i - 1] ?? 0, tokens[i] ?? 0];
    const pair = `${previous},${token}`;
    if (scored.has(pair)) continue;
    scored.add(pair);
    if (watermark.isGreen(previous, token)) green++;
  }
  const { gamma } = watermark;
  const total = scored.size;
  const zScore = total === 0 ? 0 : (green - gamma * total) / Math.sqrt(total * gamma * (1 - gamma));
  return { scoredTokens: total, greenTokens: green, zScore, pValue: total === 0 ? 1 : normalTail(zScore) };
}
