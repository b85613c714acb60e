// Original file: sluice/runtime/v1/runtime.proto

import type { ChatMessage as _sluice_runtime_v1_ChatMessage, ChatMessage__Output as _sluice_runtime_v1_ChatMessage__Output } from '../../../sluice/runtime/v1/ChatMessage.ts';
import type { ToolChoice as _sluice_runtime_v1_ToolChoice, ToolChoice__Output as _sluice_runtime_v1_ToolChoice__Output } from '../../../sluice/runtime/v1/ToolChoice.ts';

export interface Chat {
  'messages'?: (_sluice_runtime_v1_ChatMessage)[];
  'toolsJson'?: (string);
  'templateArgumentsJson'?: (string);
  'toolChoice'?: (_sluice_runtime_v1_ToolChoice);
  'toolName'?: (string);
  'parallelToolCalls'?: (boolean);
  'reasoningTokensMax'?: (number);
  '_parallelToolCalls'?: "parallelToolCalls";
  '_reasoningTokensMax'?: "reasoningTokensMax";
}

export interface Chat__Output {
  'messages': (_sluice_runtime_v1_ChatMessage__Output)[];
  'toolsJson': (string);
  'templateArgumentsJson': (string);
  'toolChoice': (_sluice_runtime_v1_ToolChoice__Output);
  'toolName': (string);
  'parallelToolCalls'?: (boolean);
  'reasoningTokensMax'?: (number);
  '_parallelToolCalls'?: "parallelToolCalls";
  '_reasoningTokensMax'?: "reasoningTokensMax";
}
