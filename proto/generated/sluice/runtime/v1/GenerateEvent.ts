// Original file: sluice/runtime/v1/runtime.proto

import type { Started as _sluice_runtime_v1_Started, Started__Output as _sluice_runtime_v1_Started__Output } from '../../../sluice/runtime/v1/Started.ts';
import type { Delta as _sluice_runtime_v1_Delta, Delta__Output as _sluice_runtime_v1_Delta__Output } from '../../../sluice/runtime/v1/Delta.ts';
import type { Finished as _sluice_runtime_v1_Finished, Finished__Output as _sluice_runtime_v1_Finished__Output } from '../../../sluice/runtime/v1/Finished.ts';
import type { Failure as _sluice_runtime_v1_Failure, Failure__Output as _sluice_runtime_v1_Failure__Output } from '../../../sluice/runtime/v1/Failure.ts';
import type { Long } from '@grpc/proto-loader';

export interface GenerateEvent {
  'rid'?: (number | string | Long);
  'started'?: (_sluice_runtime_v1_Started | null);
  'delta'?: (_sluice_runtime_v1_Delta | null);
  'finished'?: (_sluice_runtime_v1_Finished | null);
  'failure'?: (_sluice_runtime_v1_Failure | null);
  'event'?: "started"|"delta"|"finished"|"failure";
}

export interface GenerateEvent__Output {
  'rid': (number);
  'started'?: (_sluice_runtime_v1_Started__Output | null);
  'delta'?: (_sluice_runtime_v1_Delta__Output | null);
  'finished'?: (_sluice_runtime_v1_Finished__Output | null);
  'failure'?: (_sluice_runtime_v1_Failure__Output | null);
  'event'?: "started"|"delta"|"finished"|"failure";
}
