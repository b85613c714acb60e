// Original file: sluice/runtime/v1/runtime.proto

import type { Long } from '@grpc/proto-loader';

export interface Timings {
  'queuedUs'?: (number | string | Long);
  'prefillUs'?: (number | string | Long);
  'decodeUs'?: (number | string | Long);
  'firstTokenUs'?: (number | string | Long);
}

export interface Timings__Output {
  'queuedUs': (number);
  'prefillUs': (number);
  'decodeUs': (number);
  'firstTokenUs': (number);
}
