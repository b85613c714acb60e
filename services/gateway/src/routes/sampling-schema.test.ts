import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { validate } from '../http/validate.ts';
import { refusalOf } from '../test-support/refusal.ts';
import { samplingParameters, toSampling } from './sampling-schema.ts';

const schema = z.strictObject(samplingParameters);
const read = (body: unknown) => toSampling(validate(schema, body));

describe('sampling parameters', () => {
  test('reach the worker under its names, zeros too', () => {
    const body = {
      typical_p: 0.9,
      dry_multiplier: 0,
      dry_base: 1.75,
      dry_allowed_length: 2,
      dry_penalty_last_n: -1,
      dry_sequence_breakers: ['\n', ':'],
      xtc_probability: 0,
      xtc_threshold: 0.1,
      mirostat: 2,
      mirostat_tau: 5,
      mirostat_eta: 0.1,
      watermark: true,
    };
    expect(read(body)).toEqual({
      typicalP: 0.9,
      dryMultiplier: 0,
      dryBase: 1.75,
      dryAllowedLength: 2,
      dryPenaltyLastN: -1,
      drySequenceBreakers: ['\n', ':'],
      xtcProbability: 0,
      xtcThreshold: 0.1,
      mirostat: 2,
      mirostatTau: 5,
      mirostatEta: 0.1,
      watermark: true,
    });
  });

  test('that are null or false send nothing', () => {
    const nothing = Object.fromEntries(Object.keys(samplingParameters).map((name) => [name, null]));
    expect(read({ ...nothing, watermark: false })).toEqual({});
  });

  test.each([{ mirostat: 1 }, { mirostat_mode: 1 }, { mirostat: 1, mirostat_mode: 1 }])('know Mirostat by both its names: %j', (body) => {
    expect(read(body)).toEqual({ mirostat: 1 });
  });

  test.each([
    [{ typical_p: 1.1 }, 'decimal_above_max_value', 'typical_p'],
    [{ dry_multiplier: -1 }, 'decimal_below_min_value', 'dry_multiplier'],
    [{ dry_base: 0.5 }, 'decimal_below_min_value', 'dry_base'],
    [{ dry_allowed_length: 0 }, 'integer_below_min_value', 'dry_allowed_length'],
    [{ dry_penalty_last_n: -2 }, 'integer_below_min_value', 'dry_penalty_last_n'],
    [{ dry_sequence_breakers: [''] }, 'invalid_value', 'dry_sequence_breakers[0]'],
    [{ dry_sequence_breakers: Array.from({ length: 17 }, () => 'x') }, 'array_above_max_length', 'dry_sequence_breakers'],
    [{ xtc_probability: 2 }, 'decimal_above_max_value', 'xtc_probability'],
    [{ xtc_threshold: -1 }, 'decimal_below_min_value', 'xtc_threshold'],
    [{ mirostat: 3 }, 'integer_above_max_value', 'mirostat'],
    [{ mirostat: 1, mirostat_mode: 2 }, 'invalid_value', 'mirostat_mode'],
    [{ mirostat_eta: 2 }, 'decimal_above_max_value', 'mirostat_eta'],
    [{ watermark: 'yes' }, 'invalid_type', 'watermark'],
    [{ dynatemp_range: 1 }, 'unknown_parameter', 'dynatemp_range'],
  ])('are refused by name: %j', (body, code, param) => {
    expect(refusalOf(() => read(body))).toMatchObject({ code, param });
  });
});
