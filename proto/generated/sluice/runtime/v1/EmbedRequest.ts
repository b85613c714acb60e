// Original file: sluice/runtime/v1/runtime.proto

import type { Prompt as _sluice_runtime_v1_Prompt, Prompt__Output as _sluice_runtime_v1_Prompt__Output } from '../../../sluice/runtime/v1/Prompt.ts';

export interface EmbedRequest {
  'model'?: (string);
  'inputs'?: (_sluice_runtime_v1_Prompt)[];
  'dimensions'?: (number);
  'totalTokensMax'?: (number);
  'requestId'?: (string);
  'inputTokensMax'?: (number);
  '_totalTokensMax'?: "totalTokensMax";
  '_inputTokensMax'?: "inputTokensMax";
}

export interface EmbedRequest__Output {
  'model': (string);
  'inputs': (_sluice_runtime_v1_Prompt__Output)[];
  'dimensions': (number);
  'totalTokensMax'?: (number);
  'requestId': (string);
  'inputTokensMax'?: (number);
  '_totalTokensMax'?: "totalTokensMax";
  '_inputTokensMax'?: "inputTokensMax";
}
