// Original file: sluice/runtime/v1/runtime.proto


export interface Stopping {
  'maxTokens'?: (number);
  'minTokens'?: (number);
  'stop'?: (string)[];
  'stopTokenIds'?: (number)[];
  'ignoreEos'?: (boolean);
  'includeStop'?: (boolean);
  '_maxTokens'?: "maxTokens";
}

export interface Stopping__Output {
  'maxTokens'?: (number);
  'minTokens': (number);
  'stop': (string)[];
  'stopTokenIds': (number)[];
  'ignoreEos': (boolean);
  'includeStop': (boolean);
  '_maxTokens'?: "maxTokens";
}
