// Original file: sluice/runtime/v1/runtime.proto


export interface UnloadModelRequest {
  'model'?: (string);
  'drainMs'?: (number);
}

export interface UnloadModelRequest__Output {
  'model': (string);
  'drainMs': (number);
}
