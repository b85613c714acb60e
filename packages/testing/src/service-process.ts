import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** Starts `services/<name>/src/main.ts` as its own process, with nothing of this one's environment but PATH. What it spools goes into a folder of its own, unless `env` names one. */
export function startService(name: 'gateway' | 'jobs' | 'runtime', env: Readonly<Record<string, string>>): ServiceProcess {
  // The default is one for all gateways of a machine, and a test must not deliver what another left.
  const spool = mkdtempSync(join(tmpdir(), 'sluice-spool-'));
  const child = spawn(process.execPath, [join(REPOSITORY, `services/${name}/src/main.ts`)], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], ...(name === 'gateway' ? { SPOOL_FOLDER: spool } : {}), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.once('exit', () => rmSync(spool, { recursive: true, force: true }));
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
