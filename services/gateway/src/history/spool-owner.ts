import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** How often a living process says so. */
const BEAT_EVERY_MS = 5_000;
/** The silence after which one that cannot be looked at is taken for dead. */
const SILENCE_MS = 60_000;

const ownerSchema = z.object({ pid: z.number().int().positive(), place: z.string() });

/**
 * The name under which this process writes into a shared folder. A file beside its own says who writes there, and is touched
 * as long as that process lives, so that another can tell what was left behind: at once where both see the same processes,
 * else after a minute of silence.
 */
export class SpoolOwner {
  readonly instance = randomUUID().slice(0, 8);
  readonly #folder: string;
  #beatAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects when the folder cannot be written to. */
  async claim(): Promise<void> {
    await this.#write();
    this.#timer = setInterval(() => void this.beat().catch(() => {}), BEAT_EVERY_MS);
    this.#timer.unref();
  }

  /** Whether this process was stopped or held up for so long that others may have taken it for dead. */
  get mayBeGivenUp(): boolean {
    return performance.now() - this.#beatAtMs > SILENCE_MS / 2;
  }

  async beat(): Promise<void> {
    const now = new Date();
    // Whoever took this one for dead has removed the file.
    await utimes(this.#fileOf(this.instance), now, now).catch(() => this.#write());
    this.#beatAtMs = performance.now();
  }

  async isDead(instance: string): Promise<boolean> {
    try {
      const path = this.#fileOf(instance);
      const { pid, place } = ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      if (place === thisPlace() && !isRunning(pid)) return true;
      return Date.now() - (await stat(path)).mtimeMs > SILENCE_MS;
    } catch {
      // Nobody stands for it, or nobody can be read.
      return true;
    }
  }

  /** Forgets another one, once nothing of it is left. */
  async bury(instance: string): Promise<void> {
    await rm(this.#fileOf(instance), { force: true });
  }

  /** What is left in the folder is everybody's now. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await rm(this.#fileOf(this.instance), { force: true });
  }

  async #write(): Promise<void> {
    await writeFile(this.#fileOf(this.instance), JSON.stringify({ pid: process.pid, place: thisPlace() }), { mode: 0o600 });
  }

  #fileOf(instance: string): string {
    return join(this.#folder, `${instance}.owner`);
  }
}

/** Where process ids mean the same: one boot of one machine, and one container on it. */
function thisPlace(): string {
  try {
    return [hostname(), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid')].join(' ');
  } catch {
    return hostname();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as another user.
    return Reflect.get(Object(error), 'code') === 'EPERM';
  }
}
