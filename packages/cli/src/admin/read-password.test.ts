import { expect, test } from '@jest/globals';
import { readPassword } from './read-password.ts';
import type { Terminal } from './terminal.ts';

const GOOD = 'correct horse battery';

test('is typed twice', async () => {
  expect(await readPassword(typing(GOOD, GOOD), false)).toBe(GOOD);
  await expect(readPassword(typing(GOOD, `${GOOD}!`), false)).rejects.toThrow('The two are not the same.');
});

test('is read from stdin only where that was asked for', async () => {
  const piped: Terminal = { ...typing(), isInteractive: false, readLine: () => Promise.resolve(GOOD) };
  expect(await readPassword(piped, true)).toBe(GOOD);
  await expect(readPassword(piped, false)).rejects.toThrow('--password-stdin');
});

test('is refused by the rules for passwords before anybody is asked to store it, and not repeated', async () => {
  await expect(readPassword(typing('hunter2', 'hunter2'), false)).rejects.toThrow(/^The password must have at least 12 characters\.$/);
});

function typing(...answers: string[]): Terminal {
  return {
    isInteractive: true,
    showProgress() {},
    width: 80,
    confirm: () => Promise.resolve(false),
    askSecret: () => Promise.resolve(answers.shift() ?? ''),
    readLine: () => Promise.reject(new Error('nobody said that stdin has it')),
  };
}
