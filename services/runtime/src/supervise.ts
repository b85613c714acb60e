import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '@sluice/platform/error-text';
import type { Log } from '@sluice/platform/log';
import { watchHeartbeat } from './heartbeat.ts';

export type SuperviseOptions = {
  readonly script: string;
  /** The child's whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly isRestarting: boolean;
  /** A child that has begun to beat, and then does not for so long, is killed. 0 waits for ever. */
  readonly heartbeatTimeoutMs: number;
  readonly log: Log;
};

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** A worker that lived this long was healthy, so its crash starts a new count. */
const HEALTHY_MS = 60_000;
/** sysexits: a configuration error, which no restart repairs. */
const EXIT_CONFIG = 78;

/**
 * Runs the script as a child until it ends by itself or on a signal; after a crash, or where it could not be started, it starts
 * again, with growing pauses. The child is told how often that happened, and how the last one ended. Resolves to the exit code.
 */
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
  let lastExit = '';
  for (let restarts = 0; ; restarts++) {
    const startMs = performance.now();
    const { code, signal, problem } = await runOnce(options, {
      told: [String(restarts), lastExit],
      onStart: (started) => {
        child = started;
      },
    });
    if (isStopping || code === 0 || code === EXIT_CONFIG || !options.isRestarting) return code ?? 1;
    if (performance.now() - startMs > HEALTHY_MS) backoffMs = BACKOFF_FIRST_MS;
    lastExit = problem ?? signal ?? `exit code ${code}`;
    options.log.error(
      { code, signal, problem, restarts: restarts + 1, restartInMs: backoffMs },
      'the worker process died; starting it again',
    );
    await sleep(backoffMs);
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
    if (isStopping) return 1;
  }
}

/** How a child ended; `problem` where it could not be started, as when the machine has no memory or processes left. */
type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly problem?: string };

async function runOnce(
  { script, env, heartbeatTimeoutMs, log }: SuperviseOptions,
  { told, onStart }: { readonly told: readonly string[]; readonly onStart: (child: ChildProcess) => void },
): Promise<End> {
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [script, ...told], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  } catch (error) {
    return notStarted(error);
  }
  onStart(child);
  const stopWatching = watchHeartbeat(child, { timeoutMs: heartbeatTimeoutMs, onLost: () => killHung(child, log) });
  const end = await new Promise<End>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    // Of a child that runs, an error is a signal that did not reach it.
    child.on('error', (error) => child.pid === undefined && resolve(notStarted(error)));
  });
  stopWatching();
  return end;
}

function notStarted(error: unknown): End {
  return { code: null, signal: null, problem: errorText(error) };
}

function killHung(child: ChildProcess | undefined, log: Log): void {
  log.error({ pid: child?.pid }, 'the worker process hangs; killing it');
  child?.kill('SIGKILL');
}
