import type { DetectWatermarkResponse__Output } from '@sluice/proto/v1/DetectWatermarkResponse';
import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import { text } from '../scalars.ts';
import type { FreeJob } from '../serve-free.ts';

/** The worker's own bound. */
const TEXT_LENGTH_MAX = 20_000;
/** The threshold of arXiv 2301.10226: an unmarked text reaches it three times in a hundred thousand. */
const MARKED_FROM_Z = 4;

const detectionSchema = z.strictObject({
  /** Whose tokens the text is made of. */
  model: text(),
  text: z.string().max(TEXT_LENGTH_MAX),
});

export function parseDetection(body: unknown): FreeJob {
  const request = validate(detectionSchema, body);
  return {
    model: request.model,
    adapter: '',
    ask: async (worker, model, limits) => JSON.stringify(toDetection(await worker.detectWatermark({ model, text: request.text }, limits))),
  };
}

function toDetection({ scoredTokens, greenTokens, zScore, pValue, gamma }: DetectWatermarkResponse__Output) {
  return {
    object: 'watermark.detection',
    is_watermarked: zScore >= MARKED_FROM_Z,
    z_score: zScore,
    p_value: pValue,
    green_fraction: scoredTokens === 0 ? 0 : greenTokens / scoredTokens,
    scored_tokens: scoredTokens,
    // A float of the wire has more digits than it knows.
    gamma: Number(gamma.toFixed(6)),
  };
}
