// Original file: sluice/runtime/v1/runtime.proto

import type { Embedding as _sluice_runtime_v1_Embedding, Embedding__Output as _sluice_runtime_v1_Embedding__Output } from '../../../sluice/runtime/v1/Embedding.ts';

export interface EmbedResponse {
  'embeddings'?: (_sluice_runtime_v1_Embedding)[];
  'promptTokens'?: (number);
}

export interface EmbedResponse__Output {
  'embeddings': (_sluice_runtime_v1_Embedding__Output)[];
  'promptTokens': (number);
}
