import * as fc from 'fast-check';
import type { Json, JsonObject } from '../constraint/json-schema/json.ts';
import { anyFlat, text } from './flat-schemas.ts';
import { NAMES } from './nested-schemas.ts';

/** A value with something changed, which may or may not matter. */
export function mutated(value: Json): fc.Arbitrary<Json> {
  const other = fc.oneof(
    anyFlat,
    fc.constant<Json>([]),
    fc.constant<Json>({}),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e4, max: 1e4 }),
  );
  if (typeof value === 'string')
    return fc.oneof(
      other,
      text(1, 3).map((more) => value + more),
      fc.constant(value.slice(1)),
    );
  if (typeof value === 'number')
    return fc.oneof(
      other,
      fc.integer({ min: -2000, max: 2000 }).map((by) => value + by / 4),
    );
  if (value === null || typeof value === 'boolean') return other;
  const entries = Object.entries(value as JsonObject);
  const remake = (parts: readonly (readonly [string, Json])[]): Json =>
    Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
  const added = fc.tuple(fc.constantFrom(...NAMES, 'zz'), anyFlat).map((one) => remake([...entries, one]));
  if (entries.length === 0) return fc.oneof(other, added);
  const inside = fc
    .nat(entries.length - 1)
    .chain((at) => mutated(entries[at]?.[1] ?? null).map((part) => remake(entries.map(([key, old], i) => [key, i === at ? part : old]))));
  const less = fc.nat(entries.length - 1).map((at) => remake(entries.filter((_, i) => i !== at)));
  return fc.oneof(other, added, { arbitrary: inside, weight: 3 }, less);
}
