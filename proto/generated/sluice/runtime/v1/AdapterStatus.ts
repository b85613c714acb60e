// Original file: sluice/runtime/v1/runtime.proto

import type { AdapterState as _sluice_runtime_v1_AdapterState, AdapterState__Output as _sluice_runtime_v1_AdapterState__Output } from '../../../sluice/runtime/v1/AdapterState.ts';
import type { Long } from '@grpc/proto-loader';

export interface AdapterStatus {
  'name'?: (string);
  'state'?: (_sluice_runtime_v1_AdapterState);
  'problem'?: (string);
  'sizeBytes'?: (number | string | Long);
  'running'?: (number);
}

export interface AdapterStatus__Output {
  'name': (string);
  'state': (_sluice_runtime_v1_AdapterState__Output);
  'problem': (string);
  'sizeBytes': (number);
  'running': (number);
}
