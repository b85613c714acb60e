// Original file: sluice/runtime/v1/runtime.proto


export interface Stopping {
  'maxTokens'?: (number);
  'minTokens'?: (number);
  'stop'?: (string)[];
  'stopTokenIds'?: (number)[];
  'ignoreEos'?: (boolean);
  'includeStop'?: (boolean);
  'totalTokensMax'?: (number);
  '_maxTokens'?: "maxTokens";
  '_totalTokensMax'?: "totalTokensMax";
}

export interface Stopping__Output {
  'maxTokens'?: (number);
  'minTokens': (number);
  'stop': (string)[];
  'stopTokenIds': (number)[];
  'ignoreEos': (boolean);
  'includeStop': (boolean);
  'totalTokensMax'?: (number);
  '_maxTokens'?: "maxTokens";
  '_totalTokensMax'?: "totalTokensMax";
}
