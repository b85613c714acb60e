import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLog } from './log.ts';

test('fields that may carry a secret are redacted, one level deep too', () => {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = createLog({ service: 'test', level: 'info', destination });
  const canary = 'canary-7f3a';
  log.info({
    apiKey: canary,
    authorization: canary,
    password: canary,
    headers: { authorization: canary, cookie: canary, 'x-api-key': canary },
    config: { secret: canary, password: canary },
    requestId: 'req_1',
  });
  expect(text).not.toContain(canary);
  expect(JSON.parse(text)).toMatchObject({ level: 'info', service: 'test', requestId: 'req_1', apiKey: '[redacted]' });
});
