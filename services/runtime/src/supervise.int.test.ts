import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { supervise } from './supervise.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-supervise-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A child that writes down what it was told, and ends as often as it is listed, each time as the list says. */
function script(name: string, ends: readonly string[]): { path: string; starts: () => unknown } {
  const told = join(folder, `${name}.log`);
  const path = join(folder, `${name}.mjs`);
  writeFileSync(told, '');
  writeFileSync(
    path,
    `import { appendFileSync } from 'node:fs';
const told = process.argv.slice(2);
appendFileSync(${JSON.stringify(told)}, JSON.stringify(told) + '\\n');
const ends = ${JSON.stringify(ends)};
eval(ends[Number(told[0])]);
`,
  );
  return {
    path,
    starts: () =>
      readFileSync(told, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
  };
}

const options = { env: process.env, isRestarting: true, heartbeatTimeoutMs: 0, log: createLog({ service: 'test', level: 'silent' }) };

test('a child that crashes is started again, and told how often and how the last one ended', async () => {
  const { path, starts } = script('crash', ['process.exit(3)', "process.kill(process.pid, 'SIGKILL')", 'process.exit(0)']);
  expect(await supervise({ ...options, script: path })).toBe(0);
  expect(starts()).toEqual([
    ['0', ''],
    ['1', 'exit code 3'],
    ['2', 'SIGKILL'],
  ]);
});

test('a child that cannot be started is tried again, and told why', async () => {
  const { path, starts } = script('late', ['', 'process.exit(0)']);
  const real = process.execPath;
  process.execPath = join(folder, 'nowhere');
  const ended = supervise({ ...options, script: path });
  process.execPath = real;
  expect(await ended).toBe(0);
  expect(starts()).toEqual([['1', expect.stringContaining('ENOENT')]]);
});

test('a wrong configuration is not tried again, and neither is anything where an orchestrator does that', async () => {
  const wrong = script('wrong', ['process.exit(78)']);
  expect(await supervise({ ...options, script: wrong.path })).toBe(78);
  const left = script('left', ['process.exit(5)']);
  expect(await supervise({ ...options, script: left.path, isRestarting: false })).toBe(5);
  expect([wrong.starts(), left.starts()]).toEqual([[['0', '']], [['0', '']]]);
});

test('a child that stops beating is killed and started again; one that never began is let be', async () => {
  const beatOnce = "process.send('beat'); setInterval(() => {}, 1_000)";
  const { path, starts } = script('beat', [beatOnce, 'setTimeout(() => process.exit(0), 100)']);
  expect(await supervise({ ...options, script: path, heartbeatTimeoutMs: 50 })).toBe(0);
  expect(starts()).toEqual([
    ['0', ''],
    ['1', 'SIGKILL'],
  ]);
});
