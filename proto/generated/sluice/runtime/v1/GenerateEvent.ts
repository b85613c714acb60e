// Original file: sluice/runtime/v1/runtime.proto

import type { Started as _sluice_runtime_v1_Started, Started__Output as _sluice_runtime_v1_Started__Output } from '../../../sluice/runtime/v1/Started.ts';
import type { Delta as _sluice_runtime_v1_Delta, Delta__Output as _sluice_runtime_v1_Delta__Output } from '../../../sluice/runtime/v1/Delta.ts';
import type { Finished as _sluice_runtime_v1_Finished, Finished__Output as _sluice_runtime_v1_Finished__Output } from '../../../sluice/runtime/v1/Finished.ts';
import type { Failure as _sluice_runtime_v1_Failure, Failure__Output as _sluice_runtime_v1_Failure__Output } from '../../../sluice/runtime/v1/Failure.ts';
import type { Queued as _sluice_runtime_v1_Queued, Queued__Output as _sluice_runtime_v1_Queued__Output } from '../../../sluice/runtime/v1/Queued.ts';
import type { ChoiceEnd as _sluice_runtime_v1_ChoiceEnd, ChoiceEnd__Output as _sluice_runtime_v1_ChoiceEnd__Output } from '../../../sluice/runtime/v1/ChoiceEnd.ts';
import type { Long } from '@grpc/proto-loader';

export interface GenerateEvent {
  'rid'?: (number | string | Long);
  'started'?: (_sluice_runtime_v1_Started | null);
  'delta'?: (_sluice_runtime_v1_Delta | null);
  'finished'?: (_sluice_runtime_v1_Finished | null);
  'failure'?: (_sluice_runtime_v1_Failure | null);
  'queued'?: (_sluice_runtime_v1_Queued | null);
  'choiceEnd'?: (_sluice_runtime_v1_ChoiceEnd | null);
  'event'?: "started"|"delta"|"finished"|"failure"|"queued"|"choiceEnd";
}

export interface GenerateEvent__Output {
  'rid': (number);
  'started'?: (_sluice_runtime_v1_Started__Output | null);
  'delta'?: (_sluice_runtime_v1_Delta__Output | null);
  'finished'?: (_sluice_runtime_v1_Finished__Output | null);
  'failure'?: (_sluice_runtime_v1_Failure__Output | null);
  'queued'?: (_sluice_runtime_v1_Queued__Output | null);
  'choiceEnd'?: (_sluice_runtime_v1_ChoiceEnd__Output | null);
  'event'?: "started"|"delta"|"finished"|"failure"|"queued"|"choiceEnd";
}
