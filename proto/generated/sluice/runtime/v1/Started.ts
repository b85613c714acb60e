// Original file: sluice/runtime/v1/runtime.proto


export interface Started {
  'promptTokens'?: (number);
  'slot'?: (number);
  'profile'?: (string);
}

export interface Started__Output {
  'promptTokens': (number);
  'slot': (number);
  'profile': (string);
}
