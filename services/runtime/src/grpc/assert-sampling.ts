import { Fault } from '@sluice/platform/fault';
import type { Sampling__Output } from '@sluice/proto/v1/Sampling';
import { BREAKER_BYTES_MAX } from '../engine/sampling/dry-vocabulary.ts';

/** A model's text has few kinds of breaks; each is searched for in the whole vocabulary. */
const BREAKERS_MAX = 16;

type Bound = readonly [field: keyof Sampling__Output, param: string, isIn: (value: number) => boolean, expected: string];

const BOUNDS: readonly Bound[] = [
  ['temperature', 'temperature', (value) => value >= 0, 'at least 0'],
  ['typicalP', 'typical_p', (value) => value > 0 && value <= 1, 'above 0 and at most 1'],
  ['dryMultiplier', 'dry_multiplier', (value) => value >= 0, 'at least 0'],
  ['dryBase', 'dry_base', (value) => value >= 1, 'at least 1'],
  ['dryPenaltyLastN', 'dry_penalty_last_n', (value) => value >= -1, 'at least 0, or -1 for the whole context'],
  ['xtcProbability', 'xtc_probability', (value) => value >= 0 && value <= 1, 'from 0 to 1'],
  ['xtcThreshold', 'xtc_threshold', (value) => value >= 0 && value <= 1, 'from 0 to 1'],
  ['mirostat', 'mirostat', (value) => value <= 2, '0, 1 or 2'],
  ['mirostatTau', 'mirostat_tau', (value) => value > 0, 'above 0'],
  ['mirostatEta', 'mirostat_eta', (value) => value > 0, 'above 0'],
];

/** Each with the value that asks for nothing. */
const TRUNCATIONS = [
  ['topK', 'top_k', 0],
  ['topP', 'top_p', 1],
  ['minP', 'min_p', 0],
  ['typicalP', 'typical_p', 1],
  ['xtcProbability', 'xtc_probability', 0],
] as const;

/** Throws a Fault that names the parameter: nothing that was asked for is left out in silence. */
export function assertSamplingFits(wire: Sampling__Output | null | undefined, temperature: number): void {
  if (!wire) return;
  for (const [field, param, isIn, expected] of BOUNDS) {
    const value = wire[field];
    if (typeof value === 'number' && !(Number.isFinite(value) && isIn(value))) throw invalid(param, `must be ${expected}.`);
  }
  assertBreakersFit(wire.drySequenceBreakers);
  if (!wire.mirostat) return;
  if (temperature === 0) throw invalid('mirostat', 'needs a temperature above 0: without chance there is no surprise to aim at.');
  for (const [field, param, neutral] of TRUNCATIONS) {
    const value = wire[field];
    if (value !== undefined && value !== neutral) throw invalid(param, "cannot be used with 'mirostat', which replaces all truncation.");
  }
}

function assertBreakersFit(breakers: readonly string[]): void {
  if (breakers.length > BREAKERS_MAX) throw invalid('dry_sequence_breakers', `may have ${BREAKERS_MAX} entries at most.`);
  if (breakers.some((text) => text === '' || Buffer.byteLength(text) > BREAKER_BYTES_MAX))
    throw invalid('dry_sequence_breakers', `must have texts of 1 to ${BREAKER_BYTES_MAX} bytes.`);
}

function invalid(param: string, rest: string): Fault {
  return new Fault('INVALID_VALUE', { message: `'${param}' ${rest}`, param });
}
