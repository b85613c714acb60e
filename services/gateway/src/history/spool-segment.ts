import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { packedBatchSchema, type PackedBatch } from '@sluice/prisma/history-batch';

/** Only the gateway's own user may read it: it can hold prompts and answers. */
const MODE = 0o600;
const NEWLINE = 0x0a;
const SYNC_EVERY_MS = 1_000;

/**
 * A file that batches are appended to, one JSON line each. A batch counts as written when the operating system has it, so
 * that it survives the end of this process; against a loss of power the file is synced once a second, as Redis does with
 * its own (`appendfsync everysec`), and when it is closed.
 */
export class SegmentWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  #bytes = 0;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<SegmentWriter> {
    return new SegmentWriter(path, await open(path, 'ax', MODE));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** After a rejection, close it: what a full disk took of the line is given back where that is possible, and is else a damaged line. */
  async append(line: Buffer): Promise<void> {
    try {
      await this.#file.appendFile(line);
    } catch (error) {
      await this.#file.truncate(this.#bytes).catch(() => {});
      throw error;
    }
    this.#bytes += line.length;
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#syncing = this.#file.datasync().catch(() => {});
    }, SYNC_EVERY_MS);
  }

  /** A file without any line is removed. */
  async close(): Promise<void> {
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    await this.#file.datasync().catch(() => {});
    await this.#file.close();
    if (this.#bytes === 0) await rm(this.#path, { force: true });
  }
}

export type SegmentContent = { readonly bytes: number; readonly lines: Iterable<PackedBatch | undefined> };

/**
 * The lines of a segment, in order, each parsed when its turn comes: undefined is one that holds no batch, as a crash may
 * leave at the end. Resolves to undefined when there is no such file.
 */
export async function readSegment(path: string): Promise<SegmentContent | undefined> {
  try {
    const bytes = await readFile(path);
    return { bytes: bytes.length, lines: linesOf(bytes) };
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

/** By bytes: a text's own line separators, such as U+2028, mean nothing here. */
function* linesOf(bytes: Buffer): Generator<PackedBatch | undefined> {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    yield parseBatch(bytes.toString('utf8', start, end));
    start = end + 1;
  }
}

/** The rows themselves are checked where they are written to the database. */
function parseBatch(line: string): PackedBatch | undefined {
  try {
    return packedBatchSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
