import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import type { RuntimeExtras } from '@sluice/proto/runtime-server';
import type { DetectWatermarkRequest__Output } from '@sluice/proto/v1/DetectWatermarkRequest';
import type { DetectWatermarkResponse } from '@sluice/proto/v1/DetectWatermarkResponse';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Generating } from '../models/model-state.ts';
import { requireGenerating } from '../models/require-task.ts';
import { WatermarkDetector } from '../watermark/detect-watermark.ts';
import { textPieces } from '../watermark/text-pieces.ts';
import type { Watermark } from '../watermark/watermark.ts';

/** Some 5,000 tokens: ten times what it takes to be sure. */
const TEXT_LENGTH_MAX = 20_000;
/** Read and scored in a millisecond or two on the thread of the step loop, which then has its turn. */
const PIECE_LENGTH_MAX = 1_000;
/** Each takes tens of milliseconds, so the last of these waits a few seconds. */
const WAITING_MAX = 64;

type DetectWatermark = NonNullable<RuntimeExtras['detectWatermark']>;

/**
 * Whether a text carries this worker's watermark, as the model's tokens see it. One text at a time, in pieces between which
 * the step loop goes on. Rejects with a Fault where there is no key.
 */
export function createDetectWatermark(models: Pick<ModelRegistry, 'find'>, watermark: Watermark | undefined): DetectWatermark {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (request, signal) => {
    assertDetectable(request, watermark);
    if (waiting >= WAITING_MAX)
      throw new Fault('SERVER_OVERLOADED', { message: 'The server is overloaded: too many texts are being tested for a watermark.' });
    const host = models.find(request.model);
    const running = requireGenerating(await host.awake());
    // The model does not fall asleep meanwhile.
    const leave = host.enter();
    waiting++;
    const detected = last.then(() => detect(running, request, { watermark, signal }));
    last = detected.catch(() => {});
    return detected.finally(() => {
      waiting--;
      leave();
    });
  };
}

function assertDetectable({ text }: DetectWatermarkRequest__Output, watermark: Watermark | undefined): asserts watermark is Watermark {
  if (!watermark) throw new Fault('UNSUPPORTED_VALUE', { message: 'This server has no key for watermarks.', param: 'watermark' });
  if (text.length <= TEXT_LENGTH_MAX) return;
  throw new Fault('STRING_ABOVE_MAX_LENGTH', { message: `The text may have ${TEXT_LENGTH_MAX} characters at most.`, param: 'text' });
}

async function detect(
  { model }: Generating,
  { text }: DetectWatermarkRequest__Output,
  { watermark, signal }: { watermark: Watermark; signal: AbortSignal },
): Promise<DetectWatermarkResponse> {
  const detector = new WatermarkDetector(watermark);
  for (const piece of textPieces(text, PIECE_LENGTH_MAX)) {
    await nextTurn(undefined, { signal });
    // As an answer, which follows a prompt.
    detector.add(model.tokenizer.encodeMore(piece));
  }
  return { ...detector.result(), gamma: watermark.gamma };
}
