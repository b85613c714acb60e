import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const ENV = { DATABASE_URL: 'postgresql://user@localhost:5432/sluice', REDIS_URL: 'redis://localhost:6379' };

test('keeps history for as long as it is told', () => {
  expect(readConfig(ENV)).toMatchObject({ historyDays: 90, contentDays: 30, usageHourlyDays: 400 });
  const env = { ...ENV, HISTORY_DAYS: '1', CONTENT_DAYS: '7', USAGE_HOURLY_DAYS: '32' };
  expect(readConfig(env)).toMatchObject({ historyDays: 1, contentDays: 7, usageHourlyDays: 32 });
});

test('does not start with sums by hour that go before their month is over: quotas are read from them', () => {
  expect(() => readConfig({ ...ENV, USAGE_HOURLY_DAYS: '31' })).toThrow('USAGE_HOURLY_DAYS');
});
