// Original file: sluice/runtime/v1/runtime.proto

import type { DeltaDetails as _sluice_runtime_v1_DeltaDetails, DeltaDetails__Output as _sluice_runtime_v1_DeltaDetails__Output } from '../../../sluice/runtime/v1/DeltaDetails.ts';

export interface Delta {
  'text'?: (string);
  'tokenIds'?: (number)[];
  'index'?: (number);
  'details'?: (_sluice_runtime_v1_DeltaDetails | null);
}

export interface Delta__Output {
  'text': (string);
  'tokenIds': (number)[];
  'index': (number);
  'details': (_sluice_runtime_v1_DeltaDetails__Output | null);
}
