// Original file: sluice/runtime/v1/runtime.proto


export interface RemoveAdapterRequest {
  'model'?: (string);
  'name'?: (string);
}

export interface RemoveAdapterRequest__Output {
  'model': (string);
  'name': (string);
}
