import { expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { startWatchdog } from './watchdog.ts';

test('a step that takes too long is told once', async () => {
  let stepAgeMs = 4;
  const told: number[] = [];
  const models = {
    get stepAgeMs() {
      return stepAgeMs;
    },
  };
  const stop = startWatchdog({ models, timeoutMs: 5, onHung: (ageMs) => told.push(ageMs) });
  let looked = 0;
  const counting = setInterval(() => looked++, 5);
  await until(() => looked > 3);
  expect(told).toEqual([]);
  stepAgeMs = 6;
  await until(() => told.length > 0);
  const seen = looked;
  await until(() => looked > seen + 3);
  clearInterval(counting);
  stop();
  expect(told).toEqual([6]);
});

test('without a bound a step may take for ever', () => {
  const models = {
    get stepAgeMs(): number {
      throw new Error('nobody looks');
    },
  };
  startWatchdog({ models, timeoutMs: 0, onHung() {} })();
});
