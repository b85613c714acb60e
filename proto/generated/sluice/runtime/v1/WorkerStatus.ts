// Original file: sluice/runtime/v1/runtime.proto

import type { WorkerState as _sluice_runtime_v1_WorkerState, WorkerState__Output as _sluice_runtime_v1_WorkerState__Output } from '../../../sluice/runtime/v1/WorkerState.ts';
import type { ModelStatus as _sluice_runtime_v1_ModelStatus, ModelStatus__Output as _sluice_runtime_v1_ModelStatus__Output } from '../../../sluice/runtime/v1/ModelStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface WorkerStatus {
  'workerId'?: (string);
  'state'?: (_sluice_runtime_v1_WorkerState);
  'models'?: (_sluice_runtime_v1_ModelStatus)[];
  'backend'?: (string);
  'backendDetails'?: (string);
  'engineVersion'?: (string);
  'sequence'?: (number | string | Long);
  'uptimeMs'?: (number | string | Long);
  'restarts'?: (number);
  'lastExit'?: (string);
}

export interface WorkerStatus__Output {
  'workerId': (string);
  'state': (_sluice_runtime_v1_WorkerState__Output);
  'models': (_sluice_runtime_v1_ModelStatus__Output)[];
  'backend': (string);
  'backendDetails': (string);
  'engineVersion': (string);
  'sequence': (number);
  'uptimeMs': (number);
  'restarts': (number);
  'lastExit': (string);
}
