// Original file: sluice/runtime/v1/runtime.proto

import type { Choices as _sluice_runtime_v1_Choices, Choices__Output as _sluice_runtime_v1_Choices__Output } from '../../../sluice/runtime/v1/Choices.ts';

export interface Constraint {
  'jsonObject'?: (boolean);
  'jsonSchema'?: (string);
  'regex'?: (string);
  'choices'?: (_sluice_runtime_v1_Choices | null);
  'grammar'?: (string);
  'kind'?: "jsonObject"|"jsonSchema"|"regex"|"choices"|"grammar";
}

export interface Constraint__Output {
  'jsonObject'?: (boolean);
  'jsonSchema'?: (string);
  'regex'?: (string);
  'choices'?: (_sluice_runtime_v1_Choices__Output | null);
  'grammar'?: (string);
  'kind'?: "jsonObject"|"jsonSchema"|"regex"|"choices"|"grammar";
}
