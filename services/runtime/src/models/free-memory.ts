import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

/** What the system says of memory, in bytes. */
export type MemoryReading = {
  /** Free, or in caches of files that would be given up. */
  readonly hostFree: number;
  /** Of files that this process has mapped, as weights are. The system would give these up, too. */
  readonly mapped: number;
  /** Undefined without a container that limits it. */
  readonly container: { readonly free: number; readonly inactiveCache: number } | undefined;
};

const KIB = 1024;

/** Main memory that a new allocation can have, within the limit of the process's container where it has one. */
export async function freeMemoryBytes(): Promise<number> {
  const [status, groupStat] = await Promise.all([readText('/proc/self/status'), readGroupStat()]);
  const container = { free: process.availableMemory(), inactiveCache: numberIn(groupStat, /^inactive_file (\d+)$/m) };
  return freeOf({
    hostFree: freemem(),
    mapped: numberIn(status, /^RssFile:\s+(\d+) kB$/m) * KIB,
    container: totalMemoryBytes() < totalmem() ? container : undefined,
  });
}

/** All main memory that there is, within the limit of the process's container where it has one. */
export function totalMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit === 0 ? totalmem() : Math.min(limit, totalmem());
}

/**
 * What is left for something new. Mapped weights are no room for it: a model whose pages are given up reads them from its
 * file again with every step. A container's own count has the cache in it, of which the inactive part is given up at once.
 */
export function freeOf({ hostFree, mapped, container }: MemoryReading): number {
  const host = hostFree - mapped;
  if (!container) return Math.max(0, host);
  return Math.max(0, Math.min(host, container.free + Math.max(0, container.inactiveCache - mapped)));
}

async function readGroupStat(): Promise<string> {
  const group = /^0::(.*)$/m.exec(await readText('/proc/self/cgroup'))?.[1] ?? '/';
  return readText(`/sys/fs/cgroup${group}/memory.stat`);
}

/** Empty where it is not Linux, or an older kind of container: what is free is then what the system's own count says. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
