// Original file: sluice/runtime/v1/runtime.proto

import type { Long } from '@grpc/proto-loader';

export interface Cancel {
  'rid'?: (number | string | Long);
}

export interface Cancel__Output {
  'rid': (number);
}
