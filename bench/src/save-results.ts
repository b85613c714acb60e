import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type as osType } from 'node:os';

type Results = { command: string; note: string | undefined; rows: unknown; table: string };

/** Writes bench/results/NAME.json and NAME.md with the machine they were measured on, and returns the path of the latter. */
export const saveResults = (name: string, { command, note, rows, table }: Results): string => {
  const folder = new URL('../results/', import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  const machine = describeMachine();
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ command, note, machine, rows }, undefined, 2)}\n`);
  const facts = Object.entries(machine).map(([key, value]) => `- ${key}: ${value}`);
  writeFileSync(
    `${folder}${name}.md`,
    [`# ${name}`, '', ...facts, `- command: \`${command}\``, ...(note === undefined ? [] : [`- note: ${note}`]), '', table, ''].join('\n'),
  );
  return `${folder}${name}.md`;
};

const describeMachine = (): Record<string, string> => ({
  date: new Date().toISOString(),
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  system: `${osType()} ${release()}`,
  node: process.version,
  commit: commit(),
  'load average after': loadavg()
    .map((load) => load.toFixed(2))
    .join(' '),
});

const commit = (): string => {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'none'; // a fresh repository, or no git at all: no reason to lose a measurement
  }
};
