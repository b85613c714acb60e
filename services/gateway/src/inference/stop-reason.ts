import type { FinishReason__Output } from '@sluice/proto/v1/FinishReason';

/** Why an answer ended, as OpenAI calls it. */
export type StopReason = 'stop' | 'length' | 'tool_calls';

const STOP_REASONS = {
  EOS: 'stop',
  STOP_STRING: 'stop',
  STOP_TOKEN: 'stop',
  LENGTH: 'length',
  CONTEXT_FULL: 'length',
  TOOL_CALLS: 'tool_calls',
  CANCELLED: undefined,
  FINISH_REASON_UNSPECIFIED: undefined,
} as const satisfies Record<FinishReason__Output, StopReason | undefined>;

/** Undefined for an answer that was cut off, which no client asked for. */
export function toStopReason(reason: FinishReason__Output): StopReason | undefined {
  return STOP_REASONS[reason];
}
