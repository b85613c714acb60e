// Original file: sluice/runtime/v1/runtime.proto


export interface LoadModelRequest {
  'model'?: (string);
}

export interface LoadModelRequest__Output {
  'model': (string);
}
