// Original file: sluice/runtime/v1/runtime.proto

import type { Prompt as _sluice_runtime_v1_Prompt, Prompt__Output as _sluice_runtime_v1_Prompt__Output } from '../../../sluice/runtime/v1/Prompt.ts';
import type { Sampling as _sluice_runtime_v1_Sampling, Sampling__Output as _sluice_runtime_v1_Sampling__Output } from '../../../sluice/runtime/v1/Sampling.ts';
import type { Stopping as _sluice_runtime_v1_Stopping, Stopping__Output as _sluice_runtime_v1_Stopping__Output } from '../../../sluice/runtime/v1/Stopping.ts';
import type { Constraint as _sluice_runtime_v1_Constraint, Constraint__Output as _sluice_runtime_v1_Constraint__Output } from '../../../sluice/runtime/v1/Constraint.ts';
import type { Long } from '@grpc/proto-loader';

export interface GenerateRequest {
  'rid'?: (number | string | Long);
  'requestId'?: (string);
  'model'?: (string);
  'prompt'?: (_sluice_runtime_v1_Prompt | null);
  'sampling'?: (_sluice_runtime_v1_Sampling | null);
  'stopping'?: (_sluice_runtime_v1_Stopping | null);
  'priority'?: (number);
  'queueTimeoutMs'?: (number);
  'traceParent'?: (string);
  'constraint'?: (_sluice_runtime_v1_Constraint | null);
  'adapter'?: (string);
  'n'?: (number);
  'bestOf'?: (number);
  'echo'?: (boolean);
  'logprobs'?: (number);
  'prefixDigests'?: (number)[];
  'profile'?: (string);
  '_logprobs'?: "logprobs";
}

export interface GenerateRequest__Output {
  'rid': (number);
  'requestId': (string);
  'model': (string);
  'prompt': (_sluice_runtime_v1_Prompt__Output | null);
  'sampling': (_sluice_runtime_v1_Sampling__Output | null);
  'stopping': (_sluice_runtime_v1_Stopping__Output | null);
  'priority': (number);
  'queueTimeoutMs': (number);
  'traceParent': (string);
  'constraint': (_sluice_runtime_v1_Constraint__Output | null);
  'adapter': (string);
  'n': (number);
  'bestOf': (number);
  'echo': (boolean);
  'logprobs'?: (number);
  'prefixDigests': (number)[];
  'profile': (string);
  '_logprobs'?: "logprobs";
}
