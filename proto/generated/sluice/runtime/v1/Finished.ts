// Original file: sluice/runtime/v1/runtime.proto

import type { FinishReason as _sluice_runtime_v1_FinishReason, FinishReason__Output as _sluice_runtime_v1_FinishReason__Output } from '../../../sluice/runtime/v1/FinishReason.ts';
import type { Usage as _sluice_runtime_v1_Usage, Usage__Output as _sluice_runtime_v1_Usage__Output } from '../../../sluice/runtime/v1/Usage.ts';
import type { Timings as _sluice_runtime_v1_Timings, Timings__Output as _sluice_runtime_v1_Timings__Output } from '../../../sluice/runtime/v1/Timings.ts';

export interface Finished {
  'reason'?: (_sluice_runtime_v1_FinishReason);
  'stopMatch'?: (string);
  'usage'?: (_sluice_runtime_v1_Usage | null);
  'timings'?: (_sluice_runtime_v1_Timings | null);
  'seed'?: (number);
  'profile'?: (string);
}

export interface Finished__Output {
  'reason': (_sluice_runtime_v1_FinishReason__Output);
  'stopMatch': (string);
  'usage': (_sluice_runtime_v1_Usage__Output | null);
  'timings': (_sluice_runtime_v1_Timings__Output | null);
  'seed': (number);
  'profile': (string);
}
