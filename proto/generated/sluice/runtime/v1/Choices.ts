// Original file: sluice/runtime/v1/runtime.proto


export interface Choices {
  'texts'?: (string)[];
}

export interface Choices__Output {
  'texts': (string)[];
}
