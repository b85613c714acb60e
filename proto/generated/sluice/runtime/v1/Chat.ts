// Original file: sluice/runtime/v1/runtime.proto

import type { ChatMessage as _sluice_runtime_v1_ChatMessage, ChatMessage__Output as _sluice_runtime_v1_ChatMessage__Output } from '../../../sluice/runtime/v1/ChatMessage.ts';

export interface Chat {
  'messages'?: (_sluice_runtime_v1_ChatMessage)[];
  'toolsJson'?: (string);
  'templateArgumentsJson'?: (string);
}

export interface Chat__Output {
  'messages': (_sluice_runtime_v1_ChatMessage__Output)[];
  'toolsJson': (string);
  'templateArgumentsJson': (string);
}
