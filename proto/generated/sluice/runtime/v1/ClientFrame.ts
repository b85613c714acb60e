// Original file: sluice/runtime/v1/runtime.proto

import type { GenerateRequest as _sluice_runtime_v1_GenerateRequest, GenerateRequest__Output as _sluice_runtime_v1_GenerateRequest__Output } from '../../../sluice/runtime/v1/GenerateRequest.ts';
import type { Cancel as _sluice_runtime_v1_Cancel, Cancel__Output as _sluice_runtime_v1_Cancel__Output } from '../../../sluice/runtime/v1/Cancel.ts';
import type { Ping as _sluice_runtime_v1_Ping, Ping__Output as _sluice_runtime_v1_Ping__Output } from '../../../sluice/runtime/v1/Ping.ts';

export interface ClientFrame {
  'start'?: (_sluice_runtime_v1_GenerateRequest | null);
  'cancel'?: (_sluice_runtime_v1_Cancel | null);
  'ping'?: (_sluice_runtime_v1_Ping | null);
  'frame'?: "start"|"cancel"|"ping";
}

export interface ClientFrame__Output {
  'start'?: (_sluice_runtime_v1_GenerateRequest__Output | null);
  'cancel'?: (_sluice_runtime_v1_Cancel__Output | null);
  'ping'?: (_sluice_runtime_v1_Ping__Output | null);
  'frame'?: "start"|"cancel"|"ping";
}
