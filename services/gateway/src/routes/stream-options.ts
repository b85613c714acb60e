import { Fault } from '@sluice/platform/fault';
import type { GenerationParameters } from './generation-schema.ts';

/** Whether and how to stream. Throws when options are given for a stream that was not asked for. */
export function readStreamOptions(body: GenerationParameters): { isStream: boolean; includesUsage: boolean } {
  const isStream = body.stream === true;
  if (body.stream_options && !isStream) {
    throw new Fault('INVALID_REQUEST', {
      message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      param: 'stream_options',
    });
  }
  return { isStream, includesUsage: body.stream_options?.include_usage === true };
}
