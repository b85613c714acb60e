// Original file: sluice/runtime/v1/runtime.proto

import type { TokenIds as _sluice_runtime_v1_TokenIds, TokenIds__Output as _sluice_runtime_v1_TokenIds__Output } from '../../../sluice/runtime/v1/TokenIds.ts';
import type { Chat as _sluice_runtime_v1_Chat, Chat__Output as _sluice_runtime_v1_Chat__Output } from '../../../sluice/runtime/v1/Chat.ts';

export interface Prompt {
  'text'?: (string);
  'tokenIds'?: (_sluice_runtime_v1_TokenIds | null);
  'chat'?: (_sluice_runtime_v1_Chat | null);
  'source'?: "text"|"tokenIds"|"chat";
}

export interface Prompt__Output {
  'text'?: (string);
  'tokenIds'?: (_sluice_runtime_v1_TokenIds__Output | null);
  'chat'?: (_sluice_runtime_v1_Chat__Output | null);
  'source'?: "text"|"tokenIds"|"chat";
}
