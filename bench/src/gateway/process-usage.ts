import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks a second of the times in /proc, as `getconf CLK_TCK` says; 100 on every Linux of today. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of processor time that a process has used with all its threads, to a hundredth of a second. */
export function cpuSecondsOf(pid: number): number {
  return parseCpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) / TICKS_PER_SECOND;
}

/** Memory of a process that is in RAM. */
export function rssMibOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? Number.NaN) / 1_024;
}

/** utime + stime, fields 14 and 15 of /proc/<pid>/stat. The command in field 2 may hold spaces and brackets. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
