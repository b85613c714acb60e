// Original file: sluice/runtime/v1/runtime.proto


export interface ChatMessage {
  'role'?: (string);
  'content'?: (string);
  'name'?: (string);
  'toolCallsJson'?: (string);
  'toolCallId'?: (string);
  'reasoningContent'?: (string);
  '_name'?: "name";
  '_toolCallId'?: "toolCallId";
}

export interface ChatMessage__Output {
  'role': (string);
  'content': (string);
  'name'?: (string);
  'toolCallsJson': (string);
  'toolCallId'?: (string);
  'reasoningContent': (string);
  '_name'?: "name";
  '_toolCallId'?: "toolCallId";
}
