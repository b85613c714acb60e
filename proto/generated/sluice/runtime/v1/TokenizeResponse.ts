// Original file: sluice/runtime/v1/runtime.proto


export interface TokenizeResponse {
  'tokenIds'?: (number)[];
  'contextTokensMax'?: (number);
}

export interface TokenizeResponse__Output {
  'tokenIds': (number)[];
  'contextTokensMax': (number);
}
