import { isDeeperThan, JSON_DEPTH_MAX } from '@sluice/platform/json-depth';
import { z } from 'zod';
import { INTEGER, type RefusalParams } from '../http/validate.ts';

/** Names are short; this only keeps a body from being echoed. */
const NAME_LENGTH_MAX = 512;

export const UINT32_MAX = 0xffff_ffff;
/** More than any context holds. */
export const TOKENS_MAX = 10_000_000;

export function integer(min: number, max: number) {
  return z.int().min(min, INTEGER).max(max, INTEGER);
}

export function decimal(min: number, max: number) {
  return z.number().min(min).max(max);
}

export function text(lengthMax = NAME_LENGTH_MAX) {
  return z.string().max(lengthMax);
}

/** OpenAI's bound for the name of a function or of a schema. */
const IDENTIFIER_LENGTH_MAX = 64;

const NOT_AN_IDENTIFIER: RefusalParams = {
  code: 'INVALID_VALUE',
  message: "Invalid '%s': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
};

/** The name of a function or of a schema. */
export function identifier() {
  return text(IDENTIFIER_LENGTH_MAX).refine((name) => /^[a-zA-Z0-9_-]+$/.test(name), { params: NOT_AN_IDENTIFIER });
}

export const TOO_DEEP: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': it may nest ${JSON_DEPTH_MAX} deep at most.`,
};

/** A JSON object whose inside is looked at elsewhere, not too deep for that. */
export function anyObject() {
  return z.record(z.string(), z.unknown()).refine((value) => !isDeeperThan(value, JSON_DEPTH_MAX), { params: TOO_DEEP, abort: true });
}

/** OpenAI's clients send null for what they do not set. */
export function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
