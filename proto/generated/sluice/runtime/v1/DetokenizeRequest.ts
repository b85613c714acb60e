// Original file: sluice/runtime/v1/runtime.proto


export interface DetokenizeRequest {
  'model'?: (string);
  'tokenIds'?: (number)[];
}

export interface DetokenizeRequest__Output {
  'model': (string);
  'tokenIds': (number)[];
}
