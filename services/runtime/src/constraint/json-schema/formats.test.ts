import { describe, test } from '@jest/globals';
import { checkSchemaExample, type SchemaExample } from '../../test-support/schema-example.ts';

const EXAMPLES: readonly SchemaExample[] = [
  {
    name: 'date',
    schema: { type: 'string', format: 'date' },
    yes: ['2024-02-29', '2000-02-29', '1999-12-31'],
    no: ['2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '2024-1-1'],
  },
  {
    name: 'date-time',
    schema: { type: 'string', format: 'date-time' },
    yes: ['2024-02-29T23:59:59Z', '1999-12-31T00:00:00.123+05:30'],
    no: ['2024-02-29', '2024-02-29T24:00:00Z', '2024-02-29T12:00:00'],
  },
  {
    name: 'time',
    schema: { type: 'string', format: 'time' },
    yes: ['12:30:00Z', '00:00:00-11:00'],
    no: ['25:00:00Z', '12:30', '12:30:00'],
  },
  {
    name: 'duration',
    schema: { type: 'string', format: 'duration' },
    yes: ['P1D', 'PT5M', 'P1Y2M3DT4H5M6S', 'P3W'],
    no: ['P', 'PT', '1D', 'P1DT'],
  },
  {
    name: 'uuid',
    schema: { type: 'string', format: 'uuid' },
    yes: ['123e4567-e89b-12d3-a456-426614174000'],
    no: ['123e4567', '123e4567-e89b-12d3-a456-42661417400g'],
  },
  { name: 'email', schema: { type: 'string', format: 'email' }, yes: ['a.b+c@example.co.uk'], no: ['a@', '@b.c', 'a.@b.co', 'a b@c.de'] },
  { name: 'hostname', schema: { type: 'string', format: 'hostname' }, yes: ['localhost', 'a-b.example.com'], no: ['-a.b', 'a..b', ''] },
  { name: 'ipv4', schema: { type: 'string', format: 'ipv4' }, yes: ['0.0.0.0', '255.249.1.99'], no: ['256.1.1.1', '1.2.3', '1.2.3.4.5'] },
  {
    name: 'ipv6',
    schema: { type: 'string', format: 'ipv6' },
    yes: ['::', '::1', 'fe80::1:2', '1:2:3:4:5:6:7:8', '1::8'],
    no: ['1:2:3', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::'],
  },
  {
    name: 'uri',
    schema: { type: 'string', format: 'uri' },
    yes: ['https://example.com', 'http://a.b:8080/x/y%20z?q=1#f', 'ftp://h/'],
    no: ['example.com', '/x', 'http://a b'],
  },
];

describe('a format made a grammar', () => {
  test.each(EXAMPLES)('$name: takes what fulfils it, and nothing else', checkSchemaExample);
});
