// Original file: sluice/runtime/v1/runtime.proto

export const ToolChoice = {
  AUTO: 'AUTO',
  NONE: 'NONE',
  REQUIRED: 'REQUIRED',
  NAMED: 'NAMED',
} as const;

export type ToolChoice =
  | 'AUTO'
  | 0
  | 'NONE'
  | 1
  | 'REQUIRED'
  | 2
  | 'NAMED'
  | 3

export type ToolChoice__Output = typeof ToolChoice[keyof typeof ToolChoice]
