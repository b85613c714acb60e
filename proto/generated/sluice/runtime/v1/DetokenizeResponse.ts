// Original file: sluice/runtime/v1/runtime.proto


export interface DetokenizeResponse {
  'text'?: (string);
}

export interface DetokenizeResponse__Output {
  'text': (string);
}
