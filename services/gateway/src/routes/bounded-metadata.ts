import { z } from 'zod';
import type { RefusalParams } from '../http/validate.ts';

const PAIRS_MAX = 16;
const KEY_LENGTH_MAX = 64;
const VALUE_LENGTH_MAX = 512;

const TOO_MUCH: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': at most ${PAIRS_MAX} pairs, with keys of at most ${KEY_LENGTH_MAX} characters, are allowed.`,
};

/** OpenAI's metadata: a few short strings that come back with the object. */
export const boundedMetadata = z
  .record(z.string(), z.string().max(VALUE_LENGTH_MAX))
  .refine((pairs) => Object.keys(pairs).length <= PAIRS_MAX && Object.keys(pairs).every((key) => key.length <= KEY_LENGTH_MAX), {
    params: TOO_MUCH,
  });
