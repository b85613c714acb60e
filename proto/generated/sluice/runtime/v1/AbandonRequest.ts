// Original file: sluice/runtime/v1/runtime.proto


export interface AbandonRequest {
  'requestId'?: (string);
}

export interface AbandonRequest__Output {
  'requestId': (string);
}
