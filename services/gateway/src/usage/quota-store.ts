import type { Redis } from 'ioredis';
import { meterKeyOf } from '../limits/encode-shape.ts';
import type { MeterDemand } from '../limits/limiter.ts';

const METERS_PER_CALL = 200;

/** Where quotas stand, and which of their thresholds were told of, for all gateways together. Rejects while Redis is away. */
export type QuotaStore = {
  readonly read: (meters: readonly MeterDemand[]) => Promise<readonly (number | undefined)[]>;
  readonly claim: (name: string, expiresAt: Date) => Promise<boolean>;
};

export function createQuotaStore(redis: Redis): QuotaStore {
  return {
    read: async (meters) => {
      const used: (number | undefined)[] = [];
      for (let i = 0; i < meters.length; i += METERS_PER_CALL) {
        const batch = meters.slice(i, i + METERS_PER_CALL);
        const sums = await Promise.all(batch.map((meter) => redis.hget(`sluice:meter:${meterKeyOf(meter)}`, meter.resource)));
        used.push(...sums.map((sum) => (sum === null ? undefined : Number(sum))));
      }
      return used;
    },
    claim: async (name, expiresAt) => (await redis.set(`sluice:quota-notice:${name}`, '1', 'PXAT', expiresAt.getTime(), 'NX')) === 'OK',
  };
}
