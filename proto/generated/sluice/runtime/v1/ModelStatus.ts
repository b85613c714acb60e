// Original file: sluice/runtime/v1/runtime.proto

import type { WorkerState as _sluice_runtime_v1_WorkerState, WorkerState__Output as _sluice_runtime_v1_WorkerState__Output } from '../../../sluice/runtime/v1/WorkerState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ModelStatus {
  'name'?: (string);
  'state'?: (_sluice_runtime_v1_WorkerState);
  'loadProgress'?: (number | string);
  'slotsTotal'?: (number);
  'slotsBusy'?: (number);
  'queueDepth'?: (number);
  'queueLimit'?: (number);
  'kvUsedTokens'?: (number | string | Long);
  'kvTotalTokens'?: (number | string | Long);
  'contextTokensMax'?: (number);
  'problem'?: (string);
  'createdUnixS'?: (number | string | Long);
}

export interface ModelStatus__Output {
  'name': (string);
  'state': (_sluice_runtime_v1_WorkerState__Output);
  'loadProgress': (number);
  'slotsTotal': (number);
  'slotsBusy': (number);
  'queueDepth': (number);
  'queueLimit': (number);
  'kvUsedTokens': (number);
  'kvTotalTokens': (number);
  'contextTokensMax': (number);
  'problem': (string);
  'createdUnixS': (number);
}
