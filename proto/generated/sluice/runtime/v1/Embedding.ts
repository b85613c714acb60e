// Original file: sluice/runtime/v1/runtime.proto


export interface Embedding {
  'values'?: (number | string)[];
  'packed'?: (Buffer | Uint8Array | string);
}

export interface Embedding__Output {
  'values': (number)[];
  'packed': (Buffer);
}
