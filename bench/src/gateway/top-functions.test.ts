import { expect, test } from '@jest/globals';
import { topFunctions, topPackages, topStages } from './top-functions.ts';

function node(id: number, functionName: string, url = '', children: number[] = []) {
  return { id, children, callFrame: { functionName, url, lineNumber: 9 } };
}

const PROFILE = {
  nodes: [
    node(1, '(root)', '', [2, 3, 5, 6, 7]),
    node(2, '(idle)'),
    node(3, 'serve', 'file:///srv/sluice/services/gateway/src/routes/serve-generation.ts', [4]),
    node(4, 'write', 'file:///srv/sluice/node_modules/.pnpm/pino@9/node_modules/pino/lib/proto.js'),
    node(5, 'serve', 'file:///srv/sluice/services/gateway/src/routes/serve-generation.ts'),
    node(6, '(garbage collector)'),
    node(7, 'onread', 'node:internal/stream_base_commons'),
  ],
  samples: [2, 3, 4, 5, 6, 7],
  timeDeltas: [0, 100, 30, 20, 20, 20, 10],
};

test('adds up the time of a function over all places it was called from, and leaves idle time out', () => {
  expect(topFunctions(PROFILE)).toEqual([
    { name: 'serve services/gateway/src/routes/serve-generation.ts:10', percent: 50 },
    { name: 'write pino/lib/proto.js:10', percent: 20 },
    { name: '(garbage collector)', percent: 20 },
    { name: 'onread node:internal/stream_base_commons:10', percent: 10 },
  ]);
});

test('tells dependencies, Node and our own folders apart', () => {
  expect(topPackages(PROFILE).map(({ name, percent }) => [name, percent])).toEqual([
    ['services/gateway/src/routes', 50],
    ['pino', 20],
    ['(garbage collector)', 20],
    ['node', 10],
  ]);
});

test('gives our own functions the time of what they call, once', () => {
  expect(topStages(PROFILE)).toEqual([{ name: 'serve services/gateway/src/routes/serve-generation.ts:10', percent: 70 }]);
});
