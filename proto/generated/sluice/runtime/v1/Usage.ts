// Original file: sluice/runtime/v1/runtime.proto


export interface Usage {
  'promptTokens'?: (number);
  'cachedTokens'?: (number);
  'completionTokens'?: (number);
  'reasoningTokens'?: (number);
  'draftTokens'?: (number);
  'acceptedDraftTokens'?: (number);
}

export interface Usage__Output {
  'promptTokens': (number);
  'cachedTokens': (number);
  'completionTokens': (number);
  'reasoningTokens': (number);
  'draftTokens': (number);
  'acceptedDraftTokens': (number);
}
