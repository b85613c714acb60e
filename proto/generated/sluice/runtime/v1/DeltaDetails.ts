// Original file: sluice/runtime/v1/runtime.proto

import type { ToolCallDelta as _sluice_runtime_v1_ToolCallDelta, ToolCallDelta__Output as _sluice_runtime_v1_ToolCallDelta__Output } from '../../../sluice/runtime/v1/ToolCallDelta.ts';
import type { TokenLogprob as _sluice_runtime_v1_TokenLogprob, TokenLogprob__Output as _sluice_runtime_v1_TokenLogprob__Output } from '../../../sluice/runtime/v1/TokenLogprob.ts';

export interface DeltaDetails {
  'reasoning'?: (string);
  'toolCalls'?: (_sluice_runtime_v1_ToolCallDelta)[];
  'logprobs'?: (_sluice_runtime_v1_TokenLogprob)[];
  'isEcho'?: (boolean);
}

export interface DeltaDetails__Output {
  'reasoning': (string);
  'toolCalls': (_sluice_runtime_v1_ToolCallDelta__Output)[];
  'logprobs': (_sluice_runtime_v1_TokenLogprob__Output)[];
  'isEcho': (boolean);
}
