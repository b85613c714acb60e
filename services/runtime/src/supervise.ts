import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@sluice/platform/log';

export type SuperviseOptions = {
  readonly script: string;
  /** The child's whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly isRestarting: boolean;
  readonly log: Log;
};

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** A worker that lived this long was healthy, so its crash starts a new count. */
const HEALTHY_MS = 60_000;
/** sysexits: a configuration error, which no restart repairs. */
const EXIT_CONFIG = 78;

/** Runs the script as a child until it ends by itself or on a signal; after a crash it starts again, with growing pauses. Resolves to the exit code. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  let child: ChildProcess | undefined;
  let isStopping = false;
  const forward = (signal: NodeJS.Signals): void => {
    isStopping = true;
    child?.kill(signal);
  };
  process.on('SIGTERM', forward);
  process.on('SIGINT', forward);

  let backoffMs = BACKOFF_FIRST_MS;
  for (;;) {
    const startMs = performance.now();
    child = spawn(process.execPath, [options.script], { stdio: 'inherit', env: options.env });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (isStopping || code === 0 || code === EXIT_CONFIG || !options.isRestarting) return code ?? 1;
    if (performance.now() - startMs > HEALTHY_MS) backoffMs = BACKOFF_FIRST_MS;
    options.log.error({ code, signal, restartInMs: backoffMs }, 'the worker process died; starting it again');
    await sleep(backoffMs);
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
    if (isStopping) return 1;
  }
}
