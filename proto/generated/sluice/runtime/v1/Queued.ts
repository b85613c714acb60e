// Original file: sluice/runtime/v1/runtime.proto


export interface Queued {
  'position'?: (number);
}

export interface Queued__Output {
  'position': (number);
}
