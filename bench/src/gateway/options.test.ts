import { expect, test } from '@jest/globals';
import { parseGatewayOptions } from './options.ts';

test('measures all but memory by default, which takes minutes', () => {
  const { scenarios, runs, perSecond, portkey } = parseGatewayOptions([]);
  expect(scenarios).toEqual(['latency', 'ttft', 'throughput', 'chunks', 'rejections']);
  expect({ runs, perSecond, portkey }).toEqual({ runs: 3, perSecond: 200, portkey: undefined });
});

test('takes what it is told', () => {
  const options = parseGatewayOptions(['--scenarios', 'memory,latency', '--connections', '1,64', '--no-pin', '--portkey', '/tmp/peer']);
  expect(options).toMatchObject({ scenarios: ['memory', 'latency'], connections: [1, 64], layout: undefined, portkey: '/tmp/peer' });
});

test.each([
  ['--scenarios', 'latency,all'],
  ['--runs', '0'],
  ['--seconds', '1.5'],
  ['--connections', '8,100000'],
  ['--rate', 'fast'],
  ['--save', '../elsewhere'],
])('refuses %s %s', (option, value) => {
  expect(() => parseGatewayOptions([option, value])).toThrow(RangeError);
});
