import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerEnvironment } from './config.ts';
import type { StagedImage } from './stage-image.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

const HEALTH_EVERY_MS = 500;
/** The first user of Debian, Ubuntu and the node images, which owns nothing in an image. */
const USER_ID = 1000;

/** A staged image's own command, running as an ordinary user where we may choose one. */
export class StagedContainer {
  readonly exited: Promise<Exit>;
  readonly #image: StagedImage;
  readonly #env: NodeJS.ProcessEnv;
  readonly #child: ChildProcess;
  #output = '';

  constructor(image: StagedImage, variables: Readonly<Record<string, string>>) {
    const [program = '', ...args] = image.command;
    this.#image = image;
    this.#env = containerEnvironment(join(image.root, 'usr/local/bin'), { HOME: '/nonexistent', ...image.env, ...variables });
    this.#child = spawn(program, args, { ...this.#place(), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** All that it has written so far. */
  get output(): string {
    return this.#output;
  }

  /** Runs the image's HEALTHCHECK until it succeeds; false when the time is over, or the container has ended or said `failure`. */
  async becomesHealthy(deadlineMs: number, failure?: RegExp): Promise<boolean> {
    const endMs = performance.now() + deadlineMs;
    while (performance.now() < endMs && this.#child.exitCode === null && !failure?.test(this.#output)) {
      if (await this.isHealthy()) return true;
      await sleep(HEALTH_EVERY_MS);
    }
    return false;
  }

  isHealthy(): Promise<boolean> {
    const [program = '', ...args] = this.#image.healthcheck ?? [];
    return new Promise((resolve) => {
      execFile(program, args, this.#place(), (error) => resolve(error === null));
    });
  }

  /** SIGTERM as `docker stop` sends it, and SIGKILL when the grace is over. */
  async stop(graceMs: number): Promise<Exit> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  #place() {
    const user = process.getuid?.() === 0 ? { uid: USER_ID, gid: USER_ID } : {};
    return { cwd: this.#image.workdir, env: this.#env, ...user };
  }
}
