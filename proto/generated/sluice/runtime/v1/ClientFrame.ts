// Original file: sluice/runtime/v1/runtime.proto

import type { GenerateRequest as _sluice_runtime_v1_GenerateRequest, GenerateRequest__Output as _sluice_runtime_v1_GenerateRequest__Output } from '../../../sluice/runtime/v1/GenerateRequest.ts';
import type { Cancel as _sluice_runtime_v1_Cancel, Cancel__Output as _sluice_runtime_v1_Cancel__Output } from '../../../sluice/runtime/v1/Cancel.ts';
import type { Ping as _sluice_runtime_v1_Ping, Ping__Output as _sluice_runtime_v1_Ping__Output } from '../../../sluice/runtime/v1/Ping.ts';

export interface ClientFrame {
  'starts'?: (_sluice_runtime_v1_GenerateRequest)[];
  'cancels'?: (_sluice_runtime_v1_Cancel)[];
  'ping'?: (_sluice_runtime_v1_Ping | null);
}

export interface ClientFrame__Output {
  'starts': (_sluice_runtime_v1_GenerateRequest__Output)[];
  'cancels': (_sluice_runtime_v1_Cancel__Output)[];
  'ping': (_sluice_runtime_v1_Ping__Output | null);
}
