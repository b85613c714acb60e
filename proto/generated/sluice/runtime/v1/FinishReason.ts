// Original file: sluice/runtime/v1/runtime.proto

export const FinishReason = {
  FINISH_REASON_UNSPECIFIED: 'FINISH_REASON_UNSPECIFIED',
  EOS: 'EOS',
  LENGTH: 'LENGTH',
  STOP_STRING: 'STOP_STRING',
  STOP_TOKEN: 'STOP_TOKEN',
  CANCELLED: 'CANCELLED',
  CONTEXT_FULL: 'CONTEXT_FULL',
  TOOL_CALLS: 'TOOL_CALLS',
} as const;

export type FinishReason =
  | 'FINISH_REASON_UNSPECIFIED'
  | 0
  | 'EOS'
  | 1
  | 'LENGTH'
  | 2
  | 'STOP_STRING'
  | 3
  | 'STOP_TOKEN'
  | 4
  | 'CANCELLED'
  | 5
  | 'CONTEXT_FULL'
  | 6
  | 'TOOL_CALLS'
  | 7

export type FinishReason__Output = typeof FinishReason[keyof typeof FinishReason]
