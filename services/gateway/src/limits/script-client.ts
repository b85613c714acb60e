import { createHash } from 'node:crypto';
import { Command, type Redis } from 'ioredis';

/** Runs the script; strings in its answer are text. Rejects as the connection does. */
export type ScriptCall = (args: readonly (string | number)[]) => Promise<unknown>;

/**
 * A script for the hot path, called by its hash; its text travels only where the server does not have it. Each call is
 * written at once: in ioredis' pipelines a command waits for the answer to the one before, and its timeout begins only then.
 */
export function createScriptCall(redis: Redis, source: string): ScriptCall {
  const hash = createHash('sha1').update(source).digest('hex');
  return async (args) => {
    try {
      return await send(redis, 'evalsha', [hash, 0, ...args]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return send(redis, 'eval', [source, 0, ...args]);
    }
  };
}

/**
 * A command's arguments are dropped with its answer. ioredis assigns each command a function, and V8 puts functions that
 * are assigned to properties into the old generation at once, where they keep the command until the next full collection:
 * 7 kB a request, which every collection of the young generation had to copy.
 */
async function send(redis: Redis, name: 'evalsha' | 'eval', args: (string | number)[]): Promise<unknown> {
  const command = new Command(name, args, { replyEncoding: 'utf8' });
  try {
    return await redis.sendCommand(command);
  } finally {
    command.args = [];
  }
}
