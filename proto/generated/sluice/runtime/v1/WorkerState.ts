// Original file: sluice/runtime/v1/runtime.proto

export const WorkerState = {
  WORKER_STATE_UNSPECIFIED: 'WORKER_STATE_UNSPECIFIED',
  LOADING: 'LOADING',
  READY: 'READY',
  DRAINING: 'DRAINING',
  FAILED: 'FAILED',
  ASLEEP: 'ASLEEP',
  UNLOADED: 'UNLOADED',
} as const;

export type WorkerState =
  | 'WORKER_STATE_UNSPECIFIED'
  | 0
  | 'LOADING'
  | 1
  | 'READY'
  | 2
  | 'DRAINING'
  | 3
  | 'FAILED'
  | 4
  | 'ASLEEP'
  | 5
  | 'UNLOADED'
  | 6

export type WorkerState__Output = typeof WorkerState[keyof typeof WorkerState]
