import { Fault } from '@sluice/platform/fault';
import type { DetectWatermarkRequest__Output } from '@sluice/proto/v1/DetectWatermarkRequest';
import type { DetectWatermarkResponse } from '@sluice/proto/v1/DetectWatermarkResponse';
import type { Generating } from '../models/model-state.ts';
import { detectWatermark } from '../watermark/detect-watermark.ts';
import type { Watermark } from '../watermark/watermark.ts';

/** Looking for the tokens of a text takes the main thread, as all tokenising does. */
const TEXT_LENGTH_MAX = 200_000;

/** Whether a text carries this worker's watermark, as the model's tokens see it. Throws a Fault where there is no key. */
export function detect(
  { model }: Generating,
  { text }: DetectWatermarkRequest__Output,
  watermark: Watermark | undefined,
): DetectWatermarkResponse {
  if (!watermark) throw new Fault('UNSUPPORTED_VALUE', { message: 'This server has no key for watermarks.', param: 'watermark' });
  if (text.length > TEXT_LENGTH_MAX) {
    throw new Fault('STRING_ABOVE_MAX_LENGTH', { message: `The text may have ${TEXT_LENGTH_MAX} characters at most.`, param: 'text' });
  }
  // As an answer, which follows a prompt.
  return { ...detectWatermark(model.tokenizer.encodeMore(text), watermark), gamma: watermark.gamma };
}
