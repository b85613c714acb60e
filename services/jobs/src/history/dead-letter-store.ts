import type { Redis } from 'ioredis';

/** A row that can never be written, and why. */
export type DeadLetter = { readonly reason: string; readonly row: unknown };

/** Where such rows are kept for a person to look at: the latest thousand. */
export type DeadLetterStore = { add(letter: DeadLetter): Promise<void> };

const KEY = 'sluice:history-refused';
const LETTERS_MAX = 1_000;

export function createDeadLetterStore(redis: Redis): DeadLetterStore {
  return {
    add: async ({ reason, row }) => {
      const letter = JSON.stringify({ at: new Date(), reason, row: withoutContent(row) });
      await redis
        .multi()
        .lpush(KEY, letter)
        .ltrim(KEY, 0, LETTERS_MAX - 1)
        .exec();
    },
  };
}

/** What people wrote is kept where their project wants it, and nowhere else. */
function withoutContent(row: unknown): unknown {
  return typeof row === 'object' && row !== null ? { ...row, content: undefined } : undefined;
}
