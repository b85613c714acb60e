import { rmSync } from 'node:fs';
import { createHome, type Home } from './home.ts';
import { acquireLock, type Lock } from './lock.ts';
import type { PartFailure } from './part-failure.ts';
import { claimStackPorts } from './stack-ports.ts';
import { readStackState, type StackInfo } from './stack-state.ts';
import { startParts } from './start-parts.ts';
import { stopLeftovers } from './stop-leftovers.ts';

export type StackOptions = {
  readonly home: Home;
  /** What the programs inherit. */
  readonly env: NodeJS.ProcessEnv;
  readonly port?: number | undefined;
  readonly model?: string | undefined;
  /** Several instead of one. */
  readonly models?: readonly string[] | undefined;
  /** A Postgres or Redis of somebody's; without them the stack runs its own. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Others than this checkout's, for tests. */
  readonly scripts?: { readonly runtime: string; readonly gateway: string; readonly jobs: string };
  readonly onProgress?: (progress: Progress) => void;
  /** Told when a part ends that nobody stopped, after the stack was ready. */
  readonly onPartDied?: (failure: PartFailure) => void;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
};

/** "waiting" says what takes its time, "ready" what came of it. */
export type Progress = { readonly part: string; readonly status: 'waiting' | 'ready'; readonly detail: string };

export type Stack = {
  readonly info: StackInfo;
  /** Stops every part in order and gives the home free. Idempotent. */
  stop(onStop?: (name: string) => void): Promise<void>;
};

/** Another process looks after a stack in this home already. */
export class HomeInUse extends Error {
  override readonly name = 'HomeInUse';
}

/** Starts everything that `home` needs and resolves when the gateway takes requests. Rejects with HomeInUse, or with what failed, after stopping the rest. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { home } = options;
  createHome(home);
  const lock = lockHome(home);
  try {
    await clearLeftovers(options);
    const claims = await claimStackPorts(home, options.port);
    try {
      const { info, parts } = await startParts(options, claims.ports);
      const stop = async (onStop?: (name: string) => void): Promise<void> => {
        await parts.stopAll(onStop);
        leave(home, lock, claims.release);
      };
      return { info, stop };
    } catch (error) {
      leave(home, lock, claims.release);
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockHome(home: Home): Lock {
  const result = acquireLock(home.lockFile);
  if (result.kind === 'taken') throw new HomeInUse(`A stack in ${home.root} is looked after by process ${result.holder.pid} already.`);
  return result.lock;
}

/** A stack whose supervisor was killed leaves its programs behind, and they hold its ports and its data. */
async function clearLeftovers(options: StackOptions): Promise<void> {
  const state = readStackState(options.home);
  if (!state) return;
  const stopped = await stopLeftovers(state);
  if (stopped.length > 0)
    options.onProgress?.({ part: 'stack', status: 'ready', detail: `stopped what an earlier run left: ${stopped.join(', ')}` });
}

function leave(home: Home, lock: Lock, releasePorts: () => void): void {
  rmSync(home.stateFile, { force: true });
  releasePorts();
  lock.release();
}
