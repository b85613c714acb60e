import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { commaList, ConfigError, flag, parseEnv, port } from './config.ts';

const schema = z.object({ PORT: port.default(8080), WORKERS: commaList.default([]), DEBUG: flag.default(false), NAME: z.string() });

describe('the environment', () => {
  test('is parsed into values, with defaults for what is unset or empty', () => {
    expect(parseEnv(schema, { PORT: '', WORKERS: 'a:1, b:2,', DEBUG: '1', NAME: 'x' })).toEqual({
      PORT: 8080,
      WORKERS: ['a:1', 'b:2'],
      DEBUG: true,
      NAME: 'x',
    });
  });

  test('all wrong variables are named at once', () => {
    const parse = (): unknown => parseEnv(schema, { PORT: '99999', DEBUG: 'maybe' });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(/PORT[\s\S]*DEBUG[\s\S]*NAME/);
  });

  test('what is missing, and what is no number, is said in those words', () => {
    expect(() => parseEnv(schema, { PORT: 'http' })).toThrow(/PORT: must be a number\n {2}NAME: must be set$/);
  });
});
