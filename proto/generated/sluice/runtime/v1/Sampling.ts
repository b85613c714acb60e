// Original file: sluice/runtime/v1/runtime.proto

import type { LogitBias as _sluice_runtime_v1_LogitBias, LogitBias__Output as _sluice_runtime_v1_LogitBias__Output } from '../../../sluice/runtime/v1/LogitBias.ts';

export interface Sampling {
  'temperature'?: (number | string);
  'topP'?: (number | string);
  'topK'?: (number);
  'minP'?: (number | string);
  'repetitionPenalty'?: (number | string);
  'presencePenalty'?: (number | string);
  'frequencyPenalty'?: (number | string);
  'seed'?: (number);
  'logitBias'?: (_sluice_runtime_v1_LogitBias)[];
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_minP'?: "minP";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_presencePenalty'?: "presencePenalty";
  '_frequencyPenalty'?: "frequencyPenalty";
  '_seed'?: "seed";
}

export interface Sampling__Output {
  'temperature'?: (number);
  'topP'?: (number);
  'topK'?: (number);
  'minP'?: (number);
  'repetitionPenalty'?: (number);
  'presencePenalty'?: (number);
  'frequencyPenalty'?: (number);
  'seed'?: (number);
  'logitBias': (_sluice_runtime_v1_LogitBias__Output)[];
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_minP'?: "minP";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_presencePenalty'?: "presencePenalty";
  '_frequencyPenalty'?: "frequencyPenalty";
  '_seed'?: "seed";
}
