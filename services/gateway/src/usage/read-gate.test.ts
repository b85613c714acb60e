import { expect, test } from '@jest/globals';
import { ReadGate } from './read-gate.ts';

function open() {
  const gate = new ReadGate();
  const ends: (() => void)[] = [];
  const run = (asker: string): Promise<string> => gate.run(asker, () => new Promise((resolve) => ends.push(() => resolve('answered'))));
  return { gate, run, ends };
}

test('answers four questions of one asker at once, and refuses the fifth without asking it', async () => {
  const { run, ends } = open();
  const running = Array.from({ length: 4 }, () => run('a'));
  await expect(run('a')).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT_EXCEEDED', retryAfterMs: 1_000 });
  expect(ends).toHaveLength(4);
  for (const end of ends) end();
  expect(await Promise.all(running)).toEqual(Array.from({ length: 4 }, () => 'answered'));
});

test('refuses everybody while sixteen questions run, and nobody afterwards', async () => {
  const { gate, run, ends } = open();
  const running = Array.from({ length: 16 }, (_, i) => run(`asker ${i}`));
  await expect(run('another')).rejects.toMatchObject({ code: 'SERVER_OVERLOADED' });
  for (const end of ends) end();
  await Promise.all(running);
  expect(await gate.run('another', async () => 'answered')).toBe('answered');
});

test('a question that fails gives its place back', async () => {
  const { gate } = open();
  for (let i = 0; i < 20; i++) await expect(gate.run('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
});
