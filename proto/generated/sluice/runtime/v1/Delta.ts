// Original file: sluice/runtime/v1/runtime.proto


export interface Delta {
  'text'?: (string);
  'tokenIds'?: (number)[];
}

export interface Delta__Output {
  'text': (string);
  'tokenIds': (number)[];
}
