// Original file: sluice/runtime/v1/runtime.proto

export const AdapterState = {
  ADAPTER_STATE_UNSPECIFIED: 'ADAPTER_STATE_UNSPECIFIED',
  AVAILABLE: 'AVAILABLE',
  LOADED: 'LOADED',
  UNUSABLE: 'UNUSABLE',
} as const;

export type AdapterState =
  | 'ADAPTER_STATE_UNSPECIFIED'
  | 0
  | 'AVAILABLE'
  | 1
  | 'LOADED'
  | 2
  | 'UNUSABLE'
  | 3

export type AdapterState__Output = typeof AdapterState[keyof typeof AdapterState]
