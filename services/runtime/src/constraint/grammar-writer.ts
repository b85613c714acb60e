import { Worker } from 'node:worker_threads';
import type { FaultCode } from '@sluice/platform/codes';
import { Fault, type FaultDetails } from '@sluice/platform/fault';
import type { OutputSource } from './output-source.ts';

export type GrammarTask = { readonly id: number; readonly source: OutputSource };

export type GrammarAnswer =
  | { readonly id: number; readonly gbnf: string }
  | { readonly id: number; readonly fault: { readonly code: FaultCode } & Pick<FaultDetails, 'message' | 'param' | 'internal'> };

type Waiting = { readonly task: GrammarTask; readonly resolve: (gbnf: string) => void; readonly reject: (fault: Fault) => void };

/** Ordinary schemas take a millisecond. Whoever sends one that takes this long cannot hold up others for longer. */
const WRITE_TIMEOUT_MS = 3_000;
/** Its files are read by the threads that llama.cpp computes on, so under load it takes its time to come. */
const START_TIMEOUT_MS = 60_000;
/** Ordinary schemas take a few. Past this the thread ends, and not the process. */
const MEMORY_MAX_MIB = 256;
/** What a new thread sends first. */
export const READY = 'ready';
/** Beyond the first few of these nobody would still wait. */
const WAITING_MAX = 64;

/** Writes grammars on a thread of its own, one at a time, so that a large schema does not hold up the decode loop. */
export class GrammarWriter {
  readonly #waiting: Waiting[] = [];
  #running: Waiting | undefined;
  #thread: Worker | undefined;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;
  #tasks = 0;
  #isClosed = false;
  readonly #timeoutMs: number;

  constructor({ timeoutMs = WRITE_TIMEOUT_MS }: { timeoutMs?: number } = {}) {
    this.#timeoutMs = timeoutMs;
  }

  /** Begins the thread, so that the first grammar need not wait for it. */
  start(): void {
    this.#thread ??= this.#begin();
  }

  /** Rejects with a Fault: for what cannot be held, for what takes too long, and when too many wait. */
  write(source: OutputSource): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Fault('SHUTTING_DOWN', { message: 'This worker is shutting down.' }));
      if (this.#waiting.length >= WAITING_MAX)
        return reject(new Fault('SERVER_OVERLOADED', { message: 'The server is overloaded: too many grammars are being made.' }));
      this.#waiting.push({ task: { id: ++this.#tasks, source }, resolve, reject });
      this.#next();
    });
  }

  /** Fails what still waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#abandon(new Fault('SHUTTING_DOWN', { message: 'This worker is shutting down.' }));
    for (const { reject } of this.#waiting.splice(0)) reject(new Fault('SHUTTING_DOWN', { message: 'This worker is shutting down.' }));
  }

  #next(): void {
    if (this.#running) return;
    this.#running = this.#waiting.shift();
    if (!this.#running) return;
    this.#thread ??= this.#begin();
    this.#setTimer();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#thread.postMessage(this.#running.task);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (!this.#running) return;
    const timeoutMs = this.#isReady ? this.#timeoutMs : START_TIMEOUT_MS;
    this.#timer = setTimeout(() => {
      const message = 'The constraint takes too long to be made a grammar. Please simplify its patterns and bounds.';
      void this.#abandon(new Fault('UNSUPPORTED_VALUE', { message }));
    }, timeoutMs);
  }

  #begin(): Worker {
    this.#isReady = false;
    const thread = new Worker(new URL('grammar-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MIB },
    });
    // What the process waits for is the requests, not the thread.
    thread.unref();
    thread.on('message', (answer: GrammarAnswer | typeof READY) => {
      if (thread !== this.#thread) return;
      if (answer === READY) {
        this.#isReady = true;
        this.#setTimer();
      } else {
        this.#settle(answer);
      }
    });
    thread.on('error', (error) => {
      if (thread !== this.#thread) return;
      void this.#abandon(faultOf(error));
    });
    return thread;
  }

  #settle(answer: GrammarAnswer): void {
    const running = this.#running;
    if (running?.task.id !== answer.id) return;
    this.#running = undefined;
    clearTimeout(this.#timer);
    if ('gbnf' in answer) running.resolve(answer.gbnf);
    else running.reject(new Fault(answer.fault.code, answer.fault));
    this.#next();
  }

  /** Gives the present task up, and the thread with it. */
  async #abandon(fault: Fault): Promise<void> {
    const [thread, running] = [this.#thread, this.#running];
    this.#thread = undefined;
    this.#running = undefined;
    clearTimeout(this.#timer);
    running?.reject(fault);
    if (!this.#isClosed) this.#next();
    await thread?.terminate();
  }
}

function faultOf(error: unknown): Fault {
  const isTooLarge = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!isTooLarge) return new Fault('INTERNAL', { message: 'The constraint could not be made a grammar.', cause: error });
  return new Fault('UNSUPPORTED_VALUE', { message: 'The constraint takes too much memory to be made a grammar. Please simplify it.' });
}
