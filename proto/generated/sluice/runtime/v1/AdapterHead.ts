// Original file: sluice/runtime/v1/runtime.proto


export interface AdapterHead {
  'model'?: (string);
  'name'?: (string);
}

export interface AdapterHead__Output {
  'model': (string);
  'name': (string);
}
