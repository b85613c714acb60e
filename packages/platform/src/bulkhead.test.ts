import { expect, test } from '@jest/globals';
import { Bulkhead } from './bulkhead.ts';
import { Fault } from './fault.ts';

type Task = { readonly run: () => Promise<number>; readonly end: (value: number) => void; isRunning: boolean };

function createTask(): Task {
  const { promise, resolve } = Promise.withResolvers<number>();
  const task: Task = {
    isRunning: false,
    run: () => {
      task.isRunning = true;
      return promise;
    },
    end: resolve,
  };
  return task;
}

test('runs no more at once than it may, in the order they came', async () => {
  const bulkhead = new Bulkhead({ running: 2, waiting: 2 });
  const tasks = Array.from({ length: 4 }, createTask);
  const results = tasks.map((task) => bulkhead.run(task.run));
  const running = async (): Promise<boolean[]> => {
    // Whatever is due has happened then.
    await new Promise((resolve) => setImmediate(resolve));
    return tasks.map(({ isRunning }) => isRunning);
  };
  expect(await running()).toEqual([true, true, false, false]);
  tasks[1]?.end(1);
  expect(await running()).toEqual([true, true, true, false]);
  for (const [index, task] of tasks.entries()) task.end(index);
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
});

test('refuses, without beginning it, what finds the line full', async () => {
  const bulkhead = new Bulkhead({ running: 1, waiting: 0 });
  const first = createTask();
  const second = createTask();
  const result = bulkhead.run(first.run);
  await expect(bulkhead.run(second.run)).rejects.toThrow(Fault);
  expect(second.isRunning).toBe(false);
  first.end(1);
  await result;
});

test('gives a place free when its task fails', async () => {
  const bulkhead = new Bulkhead({ running: 1, waiting: 0 });
  await expect(bulkhead.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await bulkhead.run(() => Promise.resolve(7))).toBe(7);
});
