// Original file: sluice/runtime/v1/runtime.proto


export interface RankRequest {
  'model'?: (string);
  'query'?: (string);
  'documents'?: (string)[];
  'totalTokensMax'?: (number);
  'requestId'?: (string);
  'inputTokensMax'?: (number);
  '_totalTokensMax'?: "totalTokensMax";
  '_inputTokensMax'?: "inputTokensMax";
}

export interface RankRequest__Output {
  'model': (string);
  'query': (string);
  'documents': (string)[];
  'totalTokensMax'?: (number);
  'requestId': (string);
  'inputTokensMax'?: (number);
  '_totalTokensMax'?: "totalTokensMax";
  '_inputTokensMax'?: "inputTokensMax";
}
