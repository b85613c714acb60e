import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which processors whom may use, in taskset's words; undefined where nobody is pinned. */
export type Layout = { readonly gateway: string; readonly others: string } | undefined;

/** The gateway, or its peer, alone on the first processor; everything else shares the rest. */
export function defaultLayout(processors: number = availableParallelism()): Layout {
  if (processors < 2) return undefined;
  return { gateway: '0', others: processors === 2 ? '1' : `1-${processors - 1}` };
}

/** Keeps this process, and all it starts from now on, on these processors. */
export function pinThisProcess(processors: string): void {
  execFileSync('taskset', ['-a', '-c', '-p', processors, String(process.pid)], { stdio: 'ignore' });
}

/** The command that runs a program on these processors. Its process id is the program's. */
export function pinned(
  processors: string | undefined,
  command: string,
  args: readonly string[],
): { command: string; args: readonly string[] } {
  return processors === undefined ? { command, args } : { command: 'taskset', args: ['-c', processors, command, ...args] };
}

/** For people who read results. */
export function describeLayout(layout: Layout): string {
  return layout === undefined
    ? 'nothing is pinned'
    : `the measured server on processor ${layout.gateway}, everything else (load, upstreams, Postgres, Redis) on ${layout.others}`;
}
