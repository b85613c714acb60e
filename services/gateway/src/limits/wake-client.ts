import type { Redis } from 'ioredis';

/** Where the scripts tell that something was given back in a scope that others wait for. */
const CHANNEL = 'sluice:wake';

/** Calls back for every scope in which capacity came free, on whichever gateway. A message that is missed costs a waiter some time, nothing else. The connection is this subscription's own. */
export function watchWakes(redis: Redis, onWake: (scope: string) => void): void {
  redis.on('message', (_channel: string, scope: string) => onWake(scope));
  // Also after every reconnection; a connection that breaks meanwhile comes back to this line.
  redis.on('ready', () => void redis.subscribe(CHANNEL).catch(() => {}));
}
