import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

export type EpochStore = {
  /** To be called after a change was committed: snapshots read before are stale from now on, on every gateway. Rejects when Redis did not take it in; once more does no harm. */
  bump(names: readonly string[]): Promise<void>;
  /** The value of each, in their order; '' where nothing has changed lately. To be read before the snapshot they are kept with. */
  read(names: readonly string[]): Promise<readonly string[]>;
};

/** Far longer than any snapshot is kept. */
const TTL_S = 2 * 24 * 60 * 60;
const BUMP = `
for _, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2], 'EX', ARGV[1])
end`;

/** Values that tell gateways which of their snapshots a change has outdated. The limiter compares them in the step in which it decides. None ever comes again, also when Redis has lost its data. */
export function createEpochStore(redis: Redis): EpochStore {
  const keysOf = (names: readonly string[]): string[] => names.map((name) => `sluice:epoch:${name}`);
  return {
    bump: async (names) => {
      if (names.length > 0) await redis.eval(BUMP, names.length, ...keysOf(names), TTL_S, randomUUID());
    },
    read: async (names) => {
      if (names.length === 0) return [];
      const values = await redis.mget(...keysOf(names));
      return values.map((value) => value ?? '');
    },
  };
}
