import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLog, plainLog } from './log.ts';

const canary = 'canary-7f3a';

function start() {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { log: createLog({ service: 'test', level: 'info', destination }), written: () => text };
}

test('a line of plain values is redacted by the names of its fields', () => {
  const { log, written } = start();
  plainLog(log).info({ apiKey: canary, token: canary, requestId: 'req_1', status: 200 }, 'request');
  expect(JSON.parse(written())).toMatchObject({
    level: 'info',
    service: 'test',
    apiKey: '[redacted]',
    token: '[redacted]',
    requestId: 'req_1',
    status: 200,
    msg: 'request',
  });
  expect(written()).not.toContain(canary);
});

test('fields that may carry a secret are redacted, one level deep too', () => {
  const { log, written } = start();
  log.info({
    apiKey: canary,
    authorization: canary,
    password: canary,
    headers: { authorization: canary, cookie: canary, 'x-api-key': canary },
    config: { secret: canary, password: canary },
    requestId: 'req_1',
  });
  expect(written()).not.toContain(canary);
  expect(JSON.parse(written())).toMatchObject({ level: 'info', service: 'test', requestId: 'req_1', apiKey: '[redacted]' });
});
