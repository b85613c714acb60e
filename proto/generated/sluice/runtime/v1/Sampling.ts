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
  'typicalP'?: (number | string);
  'dryMultiplier'?: (number | string);
  'dryBase'?: (number | string);
  'dryAllowedLength'?: (number);
  'dryPenaltyLastN'?: (number);
  'drySequenceBreakers'?: (string)[];
  'xtcProbability'?: (number | string);
  'xtcThreshold'?: (number | string);
  'mirostat'?: (number);
  'mirostatTau'?: (number | string);
  'mirostatEta'?: (number | string);
  'watermark'?: (boolean);
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_minP'?: "minP";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_presencePenalty'?: "presencePenalty";
  '_frequencyPenalty'?: "frequencyPenalty";
  '_seed'?: "seed";
  '_typicalP'?: "typicalP";
  '_dryMultiplier'?: "dryMultiplier";
  '_dryBase'?: "dryBase";
  '_dryAllowedLength'?: "dryAllowedLength";
  '_dryPenaltyLastN'?: "dryPenaltyLastN";
  '_xtcProbability'?: "xtcProbability";
  '_xtcThreshold'?: "xtcThreshold";
  '_mirostat'?: "mirostat";
  '_mirostatTau'?: "mirostatTau";
  '_mirostatEta'?: "mirostatEta";
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
  'typicalP'?: (number);
  'dryMultiplier'?: (number);
  'dryBase'?: (number);
  'dryAllowedLength'?: (number);
  'dryPenaltyLastN'?: (number);
  'drySequenceBreakers': (string)[];
  'xtcProbability'?: (number);
  'xtcThreshold'?: (number);
  'mirostat'?: (number);
  'mirostatTau'?: (number);
  'mirostatEta'?: (number);
  'watermark': (boolean);
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_minP'?: "minP";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_presencePenalty'?: "presencePenalty";
  '_frequencyPenalty'?: "frequencyPenalty";
  '_seed'?: "seed";
  '_typicalP'?: "typicalP";
  '_dryMultiplier'?: "dryMultiplier";
  '_dryBase'?: "dryBase";
  '_dryAllowedLength'?: "dryAllowedLength";
  '_dryPenaltyLastN'?: "dryPenaltyLastN";
  '_xtcProbability'?: "xtcProbability";
  '_xtcThreshold'?: "xtcThreshold";
  '_mirostat'?: "mirostat";
  '_mirostatTau'?: "mirostatTau";
  '_mirostatEta'?: "mirostatEta";
}
