// Original file: sluice/runtime/v1/runtime.proto


export interface LogitBias {
  'tokenId'?: (number);
  'bias'?: (number | string);
}

export interface LogitBias__Output {
  'tokenId': (number);
  'bias': (number);
}
