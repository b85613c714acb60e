import type { Redis } from 'ioredis';

export type GatewayCountStore = {
  /** Gateways that are alive, this one included, as far as was last known: at least 1, and kept while Redis is away. */
  count(): number;
  /** Says that this gateway is alive and asks who else is. Never rejects. */
  beat(): Promise<void>;
  start(): void;
  /** Leaves, so that the others' shares grow at once. Idempotent, and never rejects. */
  close(): Promise<void>;
};

type Options = {
  /** Which gateway this is; unique. */
  readonly id: string;
  /** Replaces the clock of Redis, for tests. */
  readonly now?: () => number;
};

const BEAT_MS = 5_000;
/** Two beats may be lost. */
const TTL_MS = 15_000;
const KEY = 'sluice:gateways';

/** ARGV: now or '', how long a beat counts, id. The time is that of Redis, so that gateways with different clocks agree. */
const BEAT = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`;

/** How many gateways share the limits: what each may take by itself when Redis is away. */
export function createGatewayCountStore(redis: Redis, { id, now }: Options): GatewayCountStore {
  let known = 1;
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  const beat = async (): Promise<void> => {
    if (closing) return;
    try {
      known = Math.max(1, Number(await redis.eval(BEAT, 1, KEY, now ? String(now()) : '', TTL_MS, id)));
    } catch {
      // The others are as many as before, for all that is known.
    }
  };
  const leave = async (): Promise<void> => {
    clearInterval(timer);
    try {
      await redis.zrem(KEY, id);
    } catch {
      // Its last beat runs out.
    }
  };
  return {
    count: () => known,
    beat,
    start: () => {
      timer ??= setInterval(() => void beat(), BEAT_MS);
      void beat();
    },
    close: () => (closing ??= leave()),
  };
}
