// Original file: sluice/runtime/v1/runtime.proto

import type { AdapterHead as _sluice_runtime_v1_AdapterHead, AdapterHead__Output as _sluice_runtime_v1_AdapterHead__Output } from '../../../sluice/runtime/v1/AdapterHead.ts';

export interface PutAdapterRequest {
  'head'?: (_sluice_runtime_v1_AdapterHead | null);
  'data'?: (Buffer | Uint8Array | string);
  'isComplete'?: (boolean);
  'part'?: "head"|"data"|"isComplete";
}

export interface PutAdapterRequest__Output {
  'head'?: (_sluice_runtime_v1_AdapterHead__Output | null);
  'data'?: (Buffer);
  'isComplete'?: (boolean);
  'part'?: "head"|"data"|"isComplete";
}
