// Original file: sluice/runtime/v1/runtime.proto

import type { GenerateEvent as _sluice_runtime_v1_GenerateEvent, GenerateEvent__Output as _sluice_runtime_v1_GenerateEvent__Output } from '../../../sluice/runtime/v1/GenerateEvent.ts';
import type { Ping as _sluice_runtime_v1_Ping, Ping__Output as _sluice_runtime_v1_Ping__Output } from '../../../sluice/runtime/v1/Ping.ts';
import type { Long } from '@grpc/proto-loader';

export interface ServerFrame {
  'step'?: (number | string | Long);
  'events'?: (_sluice_runtime_v1_GenerateEvent)[];
  'pong'?: (_sluice_runtime_v1_Ping | null);
}

export interface ServerFrame__Output {
  'step': (number);
  'events': (_sluice_runtime_v1_GenerateEvent__Output)[];
  'pong': (_sluice_runtime_v1_Ping__Output | null);
}
