import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { errorCode } from './error-code.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ChildSpec = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
  /** Whom to run as, where it is not this process' own user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What asks it to stop: SIGTERM, save for programs that take that as "when everybody left". */
  readonly stopSignal?: NodeJS.Signals;
  readonly stopDeadlineMs: number;
};

/** A program that this process started and will stop. */
export type Child = {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly logFile: string;
  /** Resolves when it ends, whoever ended it. */
  readonly exited: Promise<ChildExit>;
  /** Aborts when it ends, with the reason in words. */
  readonly exitSignal: AbortSignal;
  /** Asks it to stop, kills it and its group at the deadline, and resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
  /** The last lines it wrote since it started. */
  lastLogLines(count: number): readonly string[];
};

const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Starts a program in a group of its own, so that the terminal's Ctrl-C reaches only us and the order of stopping is ours. Rejects when it cannot be started. */
export async function startChild(spec: ChildSpec): Promise<Child> {
  rotateLog(spec.logFile);
  const log = openSync(spec.logFile, 'a', 0o600);
  const logStart = statSync(spec.logFile).size;
  const child = spawn(spec.command, spec.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: spec.env,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...spec.user,
  });
  closeSync(log);
  const exited = new Promise<ChildExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`${spec.name} could not be started: ${error.message}`, { cause: error })));
  });
  const pid = child.pid;
  const identity = pid === undefined ? undefined : identifyProcess(pid);
  const exit = new AbortController();
  void exited.then((how) => exit.abort(new Error(`${spec.name} ${describeExit(how)}`)));
  let stopping: Promise<void> | undefined;
  return {
    name: spec.name,
    // One that ended already has no start time to read; nothing will ever match the empty one.
    identity: identity ?? { pid: pid ?? 1, startedAt: '' },
    logFile: spec.logFile,
    exited,
    exitSignal: exit.signal,
    stop: () => (stopping ??= stopGroup(pid, exited, spec)),
    lastLogLines: (count) => readFileSync(spec.logFile).subarray(logStart).toString('utf8').trimEnd().split('\n').slice(-count),
  };
}

/** "exited with code 1" or "was ended by SIGKILL". */
export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}

/** Signals one process, or with a negative number its group. One that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

async function stopGroup(pid: number | undefined, exited: Promise<ChildExit>, spec: ChildSpec): Promise<void> {
  if (pid === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), spec.stopDeadlineMs);
  });
  // Only the leader is asked: it knows in which order its own children stop.
  signalProcess(pid, spec.stopSignal ?? 'SIGTERM');
  const outcome = await Promise.race([exited, deadline]);
  clearTimeout(timer);
  if (outcome === 'late') {
    signalProcess(-pid, 'SIGKILL');
    await exited;
  }
}

function rotateLog(path: string): void {
  if (existsSync(path) && statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
}
