import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPOSITORY } from '@sluice/stack/repository';

export type ServiceProcess = {
  readonly child: ChildProcess;
  output(): string;
  /** Every JSON line it logged so far. */
  logLines(): Record<string, unknown>[];
  /** SIGTERM, then its end. */
  stop(): Promise<number | null>;
};

const STOP_DEADLINE_MS = 20_000;

/** Starts `services/<name>/src/main.ts` as its own process, with nothing of this one's environment but PATH. */
export function startService(name: 'gateway' | 'jobs' | 'runtime', env: Readonly<Record<string, string>>): ServiceProcess {
  const child = spawn(process.execPath, [join(REPOSITORY, `services/${name}/src/main.ts`)], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    child,
    output: () => output,
    logLines: () =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      child.kill('SIGTERM');
      await once(child, 'exit');
      clearTimeout(killer);
      return child.exitCode;
    },
  };
}
