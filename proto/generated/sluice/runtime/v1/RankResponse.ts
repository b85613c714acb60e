// Original file: sluice/runtime/v1/runtime.proto


export interface RankResponse {
  'scores'?: (number | string)[];
  'promptTokens'?: (number);
}

export interface RankResponse__Output {
  'scores': (number)[];
  'promptTokens': (number);
}
