import * as fc from 'fast-check';
import { flatSchemas, type SchemaCase } from './flat-schemas.ts';
import {
  arraysOf,
  choicesOf,
  countedOf,
  definedOf,
  exclusiveOf,
  joinedOf,
  namedOf,
  objectsOf,
  tuplesOf,
  withDefinitions,
} from './nested-schemas.ts';

const NESTED = [arraysOf, tuplesOf, objectsOf, countedOf, namedOf, choicesOf, exclusiveOf, joinedOf, definedOf];

/** Schemas of all that is supported, nested a few levels deep. */
export const schemaCases: fc.Arbitrary<SchemaCase> = [1, 2, 3]
  .reduce((inner) => fc.oneof({ arbitrary: flatSchemas, weight: 4 }, ...NESTED.map((nest) => nest(inner))), flatSchemas)
  .map(({ schema, values }) => ({ schema: withDefinitions(schema), values }));
