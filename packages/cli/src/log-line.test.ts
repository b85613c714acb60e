import { expect, test } from '@jest/globals';
import { formatLogLine } from './log-line.ts';

test('a JSON line reads as time, level, message and the rest', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-11-21T10:08:42.080Z',
    service: 'gateway',
    pid: 7,
    msg: 'retrying',
    tries: 2,
    worker: 'w:1',
    err: { message: 'gone' },
  });
  expect(formatLogLine(line)).toBe('10:08:42.080 WARN  retrying (gone) tries=2 worker=w:1');
});

test.each(['2026-11-21 LOG:  database system is ready', '{"half": ', '{"level": 30}', ''])('any other line stays as it is: %s', (line) => {
  expect(formatLogLine(line)).toBe(line);
});
