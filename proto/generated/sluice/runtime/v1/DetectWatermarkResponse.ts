// Original file: sluice/runtime/v1/runtime.proto


export interface DetectWatermarkResponse {
  'scoredTokens'?: (number);
  'greenTokens'?: (number);
  'zScore'?: (number | string);
  'pValue'?: (number | string);
  'gamma'?: (number | string);
}

export interface DetectWatermarkResponse__Output {
  'scoredTokens': (number);
  'greenTokens': (number);
  'zScore': (number);
  'pValue': (number);
  'gamma': (number);
}
