// Original file: sluice/runtime/v1/runtime.proto

import type { WorkerState as _sluice_runtime_v1_WorkerState, WorkerState__Output as _sluice_runtime_v1_WorkerState__Output } from '../../../sluice/runtime/v1/WorkerState.ts';
import type { AdapterStatus as _sluice_runtime_v1_AdapterStatus, AdapterStatus__Output as _sluice_runtime_v1_AdapterStatus__Output } from '../../../sluice/runtime/v1/AdapterStatus.ts';
import type { ProfileStatus as _sluice_runtime_v1_ProfileStatus, ProfileStatus__Output as _sluice_runtime_v1_ProfileStatus__Output } from '../../../sluice/runtime/v1/ProfileStatus.ts';
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
  'tasks'?: (string)[];
  'isPinned'?: (boolean);
  'memoryBytes'?: (number | string | Long);
  'deviceMemoryBytes'?: (number | string | Long);
  'adapters'?: (_sluice_runtime_v1_AdapterStatus)[];
  'prefixDigests'?: (number)[];
  'profiles'?: (_sluice_runtime_v1_ProfileStatus)[];
  'isWaking'?: (boolean);
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
  'tasks': (string)[];
  'isPinned': (boolean);
  'memoryBytes': (number);
  'deviceMemoryBytes': (number);
  'adapters': (_sluice_runtime_v1_AdapterStatus__Output)[];
  'prefixDigests': (number)[];
  'profiles': (_sluice_runtime_v1_ProfileStatus__Output)[];
  'isWaking': (boolean);
}
