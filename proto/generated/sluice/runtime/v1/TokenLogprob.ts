// Original file: sluice/runtime/v1/runtime.proto

import type { TokenLogprob as _sluice_runtime_v1_TokenLogprob, TokenLogprob__Output as _sluice_runtime_v1_TokenLogprob__Output } from '../../../sluice/runtime/v1/TokenLogprob.ts';

export interface TokenLogprob {
  'tokenId'?: (number);
  'logprob'?: (number | string);
  'bytes'?: (Buffer | Uint8Array | string);
  'top'?: (_sluice_runtime_v1_TokenLogprob)[];
  '_logprob'?: "logprob";
}

export interface TokenLogprob__Output {
  'tokenId': (number);
  'logprob'?: (number);
  'bytes': (Buffer);
  'top': (_sluice_runtime_v1_TokenLogprob__Output)[];
  '_logprob'?: "logprob";
}
