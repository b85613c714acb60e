import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

/** Main memory that a new allocation can have, within the limit of the process's container where it has one. */
export async function freeMemoryBytes(): Promise<number> {
  const limit = process.constrainedMemory();
  if (limit === 0 || limit >= totalmem()) return freemem();
  // The container's own count has the page cache in it, of which the inactive part is given up at once.
  return Math.min(freemem(), process.availableMemory() + (await inactiveCacheBytes()));
}

async function inactiveCacheBytes(): Promise<number> {
  try {
    const group = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    const stat = await readFile(`/sys/fs/cgroup${group}/memory.stat`, 'utf8');
    return Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  } catch {
    // Not Linux, or an older kind of container: what is free is then underestimated.
    return 0;
  }
}
