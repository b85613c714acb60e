import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { Afterwards } from './afterwards.ts';

function setUp() {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, afterwards: new Afterwards(createLog({ service: 'test', level: 'info', destination })) };
}

test('close waits for what was started', async () => {
  const { afterwards } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isClosed = false;
  afterwards.run('slow', () => promise);
  const closing = afterwards.close().then(() => (isClosed = true));
  await new Promise((next) => setImmediate(next));
  expect(isClosed).toBe(false);
  resolve();
  await closing;
  expect(isClosed).toBe(true);
});

test('a task that fails is named in the log by its code, without the text that may quote a secret', async () => {
  const { afterwards, lines } = setUp();
  afterwards.run('audit', () => Promise.reject(Object.assign(new Error('canary'), { code: 'P2002' })));
  await afterwards.close();
  expect(lines.join('')).toMatch(/"task":"audit","code":"P2002"/);
  expect(lines.join('')).not.toContain('canary');
});

test('what there is no room for is dropped, and the log says so', async () => {
  const { afterwards, lines } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = 0;
  const task = (): Promise<void> => {
    started += 1;
    return promise;
  };
  for (let i = 0; i < 300; i++) afterwards.run('flood', task);
  resolve();
  await afterwards.close();
  expect(started).toBe(256);
  expect(lines).toHaveLength(44);
});
