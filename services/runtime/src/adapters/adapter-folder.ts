import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@sluice/platform/fault';
import { fromFileName, toFileName, toFolderName } from './adapter-name.ts';

export type StoredAdapter = { readonly name: string; readonly path: string; readonly sizeBytes: number };

export type Upload = {
  readonly name: string;
  readonly data: AsyncIterable<Uint8Array>;
  readonly bytesMax: number;
  /** Rejects when the file may not take its place. */
  readonly check: (path: string) => Promise<void>;
};

const PARTIAL = '.partial';
/** No upload takes this long, so what is left of one is what a process left that ended. */
const PARTIAL_AGE_MAX_MS = 24 * 3600 * 1000;

/** The uploaded adapters of one model, one file each. Several workers may share the folder. */
export class AdapterFolder {
  readonly #path: string;

  constructor(root: string, model: string) {
    this.#path = join(root, toFolderName(model));
  }

  /** What is there, by name; removes what is left of broken uploads. */
  async list(): Promise<StoredAdapter[]> {
    const found: StoredAdapter[] = [];
    for (const file of await this.#files()) {
      const path = join(this.#path, file);
      const entry = await stat(path).catch(() => undefined);
      const name = fromFileName(file);
      if (file.endsWith(PARTIAL) && entry && Date.now() - entry.mtimeMs > PARTIAL_AGE_MAX_MS) await rm(path, { force: true });
      if (name !== undefined && entry?.isFile()) found.push({ name, path, sizeBytes: entry.size });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Puts a file in its place, whole and checked, or leaves everything as it was. Throws a Fault for one that is too large. */
  async receive({ name, data, bytesMax, check }: Upload): Promise<StoredAdapter> {
    const path = join(this.#path, toFileName(name));
    const partial = `${path}.${randomUUID()}${PARTIAL}`;
    await mkdir(this.#path, { recursive: true });
    try {
      const sizeBytes = await write(partial, data, bytesMax);
      await check(partial);
      await rename(partial, path);
      await syncFolder(this.#path);
      return { name, path, sizeBytes };
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** Also where another worker has removed it already. */
  async remove(name: string): Promise<void> {
    await rm(join(this.#path, toFileName(name)), { force: true });
  }

  async #files(): Promise<string[]> {
    return readdir(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }
}

async function write(path: string, data: AsyncIterable<Uint8Array>, bytesMax: number): Promise<number> {
  await using file = await open(path, 'wx');
  let sizeBytes = 0;
  for await (const bytes of data) {
    sizeBytes += bytes.length;
    if (sizeBytes > bytesMax) {
      throw new Fault('REQUEST_TOO_LARGE', { message: `An adapter may have ${bytesMax} bytes at most.` });
    }
    await file.writeFile(bytes);
  }
  // After a crash the name must not stand for a file without its contents.
  await file.sync();
  return sizeBytes;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}
