import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryBatch, PackedBatch } from '@sluice/prisma/history-batch';
import { readSegment, SegmentWriter } from './spool-segment.ts';
import { SpoolOwner } from './spool-owner.ts';

/** One file of the spool that nobody writes to any more. */
export type SpoolSegment = {
  readonly bytes: number;
  /** Undefined stands for a line that a crash has damaged. */
  readonly lines: Iterable<PackedBatch | undefined>;
  /** To be called when all of it is delivered; delivered twice does no harm. */
  remove(): Promise<void>;
};

export type SpoolOptions = { readonly folder: string; readonly bytesMax?: number; readonly segmentBytesMax?: number };

/** The folder is full. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull';
}

/** Some 700,000 rows: at 200 requests a second an hour. */
const BYTES_MAX = 512 * 1024 * 1024;
/** Read in one piece, and delivered again in one piece after a crash. */
const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
const SUFFIX = '.ndjson';

type Segment = { readonly name: string; readonly bytes: number };

/**
 * Batches on disk, for as long as Redis does not take them: files of JSON lines, oldest first, bounded one by one and
 * together. Several processes may share the folder; what a dead one left is adopted, what a living one writes is not touched.
 */
export class SpoolStore {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #segmentBytesMax: number;
  readonly #owner: SpoolOwner;
  /** Closed, oldest first. */
  #segments: readonly Segment[] = [];
  #written = 0;
  #writer: { readonly name: string; readonly file: SegmentWriter } | undefined;
  /** Settles when the writer is nobody's. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions) {
    this.#folder = options.folder;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#owner = new SpoolOwner(options.folder);
  }

  /** Rejects when the folder cannot be made or written to. */
  static async open(options: SpoolOptions): Promise<SpoolStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const store = new SpoolStore(options);
    await store.#owner.claim();
    await store.adopt();
    return store;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#writer?.file.bytes ?? 0);
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** Resolves when the operating system has the batch; a machine that loses power may lose the last second. Rejects with SpoolFull, or with what the disk said. */
  append(batch: HistoryBatch): Promise<void> {
    return this.#inTurn(() => this.#append(Buffer.from(`${JSON.stringify(batch)}\n`)));
  }

  /** The segment to be delivered next; undefined when the spool is empty. */
  async oldest(): Promise<SpoolSegment | undefined> {
    if (this.#segments.length === 0) await this.#inTurn(() => this.#closeWriter());
    for (const segment of this.#segments) {
      const path = join(this.#folder, segment.name);
      const content = await readSegment(path);
      if (!content) {
        // This process was taken for dead, and another has it.
        this.#forget(segment);
        continue;
      }
      const remove = async (): Promise<void> => {
        // Whoever was taken for dead and is not may have added to it.
        if ((await stat(path)).size > content.bytes) return;
        await rm(path);
        this.#forget(segment);
      };
      return { ...content, remove };
    }
    return undefined;
  }

  /** Takes over what dead processes left in the folder, and returns how many files that were. */
  async adopt(): Promise<number> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(SUFFIX));
    const adopted: Segment[] = [];
    for (const instance of new Set(names.map(instanceOf))) {
      if (instance === this.#owner.instance || !(await this.#owner.isDead(instance))) continue;
      for (const name of names.filter((each) => instanceOf(each) === instance)) {
        const segment = await this.#take(name);
        if (segment) adopted.push(segment);
      }
      await this.#owner.bury(instance);
    }
    this.#segments = [...this.#segments, ...adopted].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return adopted.length;
  }

  /** What is left waits for the next process that opens the folder. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#closeWriter());
    await this.#owner.release();
  }

  /** One after the other: the writer is not closed under a line. */
  #inTurn(use: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(use);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #append(line: Buffer): Promise<void> {
    if (this.bytes + line.length > this.#bytesMax) throw new SpoolFull(`the spool holds ${this.bytes} bytes`);
    if (this.#owner.mayBeGivenUp) {
      await this.#owner.beat();
      await this.#closeWriter();
    } else if (this.#writer && this.#writer.file.bytes + line.length > this.#segmentBytesMax) await this.#closeWriter();
    this.#writer ??= await this.#newWriter();
    try {
      await this.#writer.file.append(line);
    } catch (error) {
      await this.#closeWriter();
      throw error;
    }
  }

  async #newWriter() {
    const name = newSegmentName(this.#owner.instance, ++this.#written);
    return { name, file: await SegmentWriter.create(join(this.#folder, name)) };
  }

  async #closeWriter(): Promise<void> {
    if (!this.#writer) return;
    const { name, file } = this.#writer;
    this.#writer = undefined;
    if (file.bytes > 0) this.#segments = [...this.#segments, { name, bytes: file.bytes }];
    await file.close();
  }

  #forget(segment: Segment): void {
    this.#segments = this.#segments.filter((each) => each !== segment);
  }

  /** Undefined when another process was faster. */
  async #take(name: string): Promise<Segment | undefined> {
    const mine = renamed(name, this.#owner.instance);
    try {
      await rename(join(this.#folder, name), join(this.#folder, mine));
      return { name: mine, bytes: (await stat(join(this.#folder, mine))).size };
    } catch {
      return undefined;
    }
  }
}

/** `<milliseconds>-<number>-<random>.<instance>.ndjson`: sorted by time over all instances, and unique whoever adopts it. */
function newSegmentName(instance: string, number: number): string {
  return `${Date.now()}-${String(number).padStart(8, '0')}-${randomUUID().slice(0, 8)}.${instance}${SUFFIX}`;
}

function instanceOf(name: string): string {
  return name.split('.')[1] ?? '';
}

function renamed(name: string, instance: string): string {
  return `${name.split('.')[0]}.${instance}${SUFFIX}`;
}
