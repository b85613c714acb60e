// Original file: sluice/runtime/v1/runtime.proto

import type { Prompt as _sluice_runtime_v1_Prompt, Prompt__Output as _sluice_runtime_v1_Prompt__Output } from '../../../sluice/runtime/v1/Prompt.ts';

export interface TokenizeRequest {
  'model'?: (string);
  'prompt'?: (_sluice_runtime_v1_Prompt | null);
  'withoutMarkers'?: (boolean);
  'withoutGenerationPrompt'?: (boolean);
}

export interface TokenizeRequest__Output {
  'model': (string);
  'prompt': (_sluice_runtime_v1_Prompt__Output | null);
  'withoutMarkers': (boolean);
  'withoutGenerationPrompt': (boolean);
}
