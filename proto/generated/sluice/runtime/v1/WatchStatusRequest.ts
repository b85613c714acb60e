// Original file: sluice/runtime/v1/runtime.proto


export interface WatchStatusRequest {
  'intervalMs'?: (number);
}

export interface WatchStatusRequest__Output {
  'intervalMs': (number);
}
