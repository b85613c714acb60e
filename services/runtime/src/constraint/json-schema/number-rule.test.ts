import { describe, test } from '@jest/globals';
import { checkSchemaExample, type SchemaExample } from '../../test-support/schema-example.ts';

const EXAMPLES: readonly SchemaExample[] = [
  { name: 'integer', schema: { type: 'integer' }, yes: [0, -1, 42, 123_456_789_012], no: [1.5, '1', null] },
  {
    name: 'bounded integers',
    schema: { type: 'integer', minimum: -120, exclusiveMaximum: 1050 },
    yes: [-120, -119, -100, -99, -20, -9, 0, 7, 99, 100, 999, 1000, 1049],
    no: [-121, -1000, 1050, 1051, 1100, 2000, 0.5],
  },
  { name: 'positive integers', schema: { type: 'integer', exclusiveMinimum: 0 }, yes: [1, 9, 10, 99_999], no: [0, -1] },
  { name: 'negative integers', schema: { type: 'integer', maximum: -5 }, yes: [-5, -6, -10, -5000], no: [-4, 0, 5] },
  { name: 'integers between decimals', schema: { type: 'integer', minimum: 1.2, maximum: 3.9 }, yes: [2, 3], no: [1, 4] },
  { name: 'int32', schema: { type: 'integer', format: 'int32' }, yes: [2 ** 31 - 1, -(2 ** 31), 0], no: [2 ** 31, -(2 ** 31) - 1] },
  { name: 'number', schema: { type: 'number' }, yes: [0, -0.5, 1e21, 1.5e-7, 2.625], no: ['1', true] },
  {
    name: 'bounded numbers',
    schema: { type: 'number', minimum: -1.25, exclusiveMaximum: 10.05 },
    yes: [-1.25, -1.2, -0.001, 0, 0.5, 1, 9.999, 10, 10.04, 10.0499],
    no: [-1.251, -1.3, -2, 10.05, 10.06, 10.1, 11, 100],
  },
  { name: 'exclusive zero', schema: { type: 'number', exclusiveMinimum: 0, maximum: 1 }, yes: [0.001, 0.5, 1], no: [0, 1.001, -0.5] },
  {
    name: 'fractions below one',
    schema: { type: 'number', minimum: 0.05, maximum: 0.105 },
    yes: [0.05, 0.1, 0.105, 0.0999],
    no: [0.049, 0.106, 0.11, 0, 1],
  },
  {
    name: 'bounds beyond all digits',
    schema: { type: 'number', minimum: -1.797_693_134_862_315_7e308, maximum: 1.797_693_134_862_315_7e308 },
    yes: [0, -1.5, 999_999_999_999_999],
    no: ['1', null],
  },
  {
    name: 'bounds of 64 bits',
    schema: { type: 'integer', minimum: 0, maximum: 2 ** 63 },
    yes: [0, 123_456_789_012_345_680],
    no: [-1, 1.5],
  },
];

describe('a schema of numbers made a grammar', () => {
  test.each(EXAMPLES)('$name: takes what fulfils it, and nothing else', checkSchemaExample);
});
