import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second of the times in /proc, as `getconf CLK_TCK` says; 100 on every Linux of today. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of processor time that a process has used with all its threads, to a hundredth of a second. */
export function cpuSecondsOf(pid: number): number {
  return ticksOf(pid).own / TICKS_PER_SECOND;
}

/** The same with its children, those that ended included: Postgres works in one process for each connection. */
export function cpuSecondsOfFamily(pid: number): number {
  const { own, ended } = ticksOf(pid);
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return (own + ended + children.reduce((sum, child) => sum + ownTicksOf(child), 0)) / TICKS_PER_SECOND;
}

/** Memory of a process that is in RAM. */
export function rssMibOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? Number.NaN) / 1_024;
}

type Ticks = { readonly parent: number; readonly own: number; readonly ended: number };

/** Fields 4, 14 to 17 of /proc/<pid>/stat: the parent, and what it and its ended children used. The command in field 2 may hold spaces and brackets. */
export function parseStat(stat: string): Ticks {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) };
}

function ticksOf(pid: number | string): Ticks {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** A process may end between being listed and being read. */
function parentOf(pid: string): number | undefined {
  try {
    return ticksOf(pid).parent;
  } catch {
    return undefined;
  }
}

function ownTicksOf(pid: string): number {
  try {
    return ticksOf(pid).own;
  } catch {
    return 0;
  }
}
