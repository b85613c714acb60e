import { expect, test } from '@jest/globals';
import { mix } from './scenarios.ts';

const kind = (path: string) => ({ path, headers: {}, body: '', variesAddress: false });

test.each([10, 50, 100])('a mix has %i percent of the second kind, spread over its requests', (percent) => {
  const paths = mix(kind('a'), kind('r'), percent).map(({ path }) => path);
  expect(paths.filter((path) => path === 'r')).toHaveLength(percent / 10);
  if (percent === 50) expect(paths.join('')).toBe('arararararar'.slice(0, 10));
});
