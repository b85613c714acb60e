import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { decodeDecision, type AdmitReply } from './decode-decision.ts';
import { encodeAsks, encodeEnds, type End } from './encode-call.ts';
import { meterKeyOf } from './encode-shape.ts';
import type { Decision, Demand, RemoteLimiter } from './limiter.ts';
import { createScriptCall, type ScriptCall } from './script-client.ts';
import { TurnBatch } from './turn-batch.ts';

/** Keeps one call of the script below a millisecond or two. */
const RENEWALS_PER_CALL = 200;
/** Some 20 µs of Redis' time each. */
const CALLS_AT_ONCE = 64;

/**
 * The limits that all gateways share, in Redis: each call is one script, so one round trip and one step that nothing
 * comes between. What is asked in one turn of the event loop is asked together; what was used is told first. The scripts
 * work out their keys themselves, so this needs one Redis and not a cluster. `now` replaces the clock of Redis, for tests.
 */
export function createRedisLimiter(redis: Redis, { leaseTtlMs, now }: { leaseTtlMs: number; now?: () => number }): RemoteLimiter {
  const scripts = readScripts(redis);
  const clock = (): string => (now ? String(now()) : '');
  const ends = new TurnBatch<End, void>({
    run: async (batch) => {
      await scripts.settle([clock(), encodeEnds(batch)]);
      return [];
    },
    sizeMax: CALLS_AT_ONCE,
    isSpoilt: isScriptError,
  });
  const asks = new TurnBatch<Demand, Decision>({
    run: async (demands) => {
      const replies = (await scripts.admit([clock(), leaseTtlMs, encodeAsks(demands)])) as readonly AdmitReply[]; // what admit.lua answers
      return demands.map((demand, i) => decodeDecision(demand, replies[i] ?? []));
    },
    sizeMax: CALLS_AT_ONCE,
    isSpoilt: isScriptError,
  });
  const end = async (item: End): Promise<void> => {
    if (item.demand.takes) await ends.add(item);
  };
  return {
    decide: (demand) => asks.add(demand),
    settle: (demand, settlement) => end({ demand, settlement }),
    undo: (demand) => end({ demand, settlement: 'undo' }),
    renew: async (ids) => {
      for (let i = 0; i === 0 || i < ids.length; i += RENEWALS_PER_CALL)
        await scripts.renew([clock(), leaseTtlMs, ...ids.slice(i, i + RENEWALS_PER_CALL)]);
    },
    leave: async ({ id }) => {
      await scripts.leave([clock(), id]);
    },
    seedMeter: async (meter, used) => {
      await scripts.seed([clock(), meterKeyOf(meter), meter.resource, used, meter.expiresAt.getTime()]);
    },
  };
}

/** Whether Redis answered that this very call cannot be carried out, however often it is made. */
export function isScriptError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && /^(ERR|WRONGTYPE)\b/.test(error.message);
}

/** Tells a guard of the connection's end and of a new one, so that it need not find out by waiting. */
export function watchConnection(redis: Redis, guard: { onLost(cause: unknown): void; onFound(): void }): void {
  redis.on('close', () => guard.onLost(new Error('the connection to Redis is closed')));
  redis.on('ready', () => guard.onFound());
}

function readScripts(redis: Redis): Record<'admit' | 'settle' | 'renew' | 'leave' | 'seed', ScriptCall> {
  const shared = `${readScript('books')}\n${readScript('leases')}`;
  const call = (name: string): ScriptCall => createScriptCall(redis, `${shared}\n${readScript(name)}`);
  return { admit: call('admit'), settle: call('settle'), renew: call('renew'), leave: call('leave'), seed: call('seed') };
}

function readScript(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
}
