// Original file: sluice/runtime/v1/runtime.proto


export interface PinModelRequest {
  'model'?: (string);
  'isPinned'?: (boolean);
}

export interface PinModelRequest__Output {
  'model': (string);
  'isPinned': (boolean);
}
