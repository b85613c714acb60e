// Original file: sluice/runtime/v1/runtime.proto


export interface DetectWatermarkRequest {
  'model'?: (string);
  'text'?: (string);
}

export interface DetectWatermarkRequest__Output {
  'model': (string);
  'text': (string);
}
