// Original file: sluice/runtime/v1/runtime.proto

import type { FinishReason as _sluice_runtime_v1_FinishReason, FinishReason__Output as _sluice_runtime_v1_FinishReason__Output } from '../../../sluice/runtime/v1/FinishReason.ts';

export interface ChoiceEnd {
  'index'?: (number);
  'reason'?: (_sluice_runtime_v1_FinishReason);
  'stopMatch'?: (string);
}

export interface ChoiceEnd__Output {
  'index': (number);
  'reason': (_sluice_runtime_v1_FinishReason__Output);
  'stopMatch': (string);
}
