import { z } from 'zod';
import type { RefusalParams } from '../http/validate.ts';

const UNSUPPORTED: RefusalParams = {
  code: 'UNSUPPORTED_PARAMETER',
  message: "Unsupported parameter: '%s' is not supported with this model.",
};

/** A parameter that Sluice cannot honour: taken where its value asks for nothing (null always does), else refused by name. */
export function neutralOnly(isNeutral: (value: unknown) => boolean = () => false, params = UNSUPPORTED) {
  return z
    .unknown()
    .refine((value) => value === undefined || value === null || isNeutral(value), { params })
    .optional();
}

export function isOneOf(...neutral: readonly unknown[]): (value: unknown) => boolean {
  return (value) => neutral.includes(value);
}

export function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

export function isObjectWith(key: string, expected: unknown): (value: unknown) => boolean {
  return (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 1 && Reflect.get(value, key) === expected;
}
