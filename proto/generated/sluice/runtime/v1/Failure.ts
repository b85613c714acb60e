// Original file: sluice/runtime/v1/runtime.proto

import type { Usage as _sluice_runtime_v1_Usage, Usage__Output as _sluice_runtime_v1_Usage__Output } from '../../../sluice/runtime/v1/Usage.ts';

export interface Failure {
  'code'?: (string);
  'message'?: (string);
  'param'?: (string);
  'usage'?: (_sluice_runtime_v1_Usage | null);
}

export interface Failure__Output {
  'code': (string);
  'message': (string);
  'param': (string);
  'usage': (_sluice_runtime_v1_Usage__Output | null);
}
