import type { Log } from './log.ts';

type Closer = { readonly name: string; readonly close: () => Promise<void> | void; readonly deadlineMs: number };

const CLOSE_DEADLINE_MS = 10_000;

/** Closes what was opened, in reverse order, each within its deadline. `close()` is idempotent and never rejects. */
export class Lifecycle {
  readonly #closers: Closer[] = [];
  readonly #log: Log;
  #closing: Promise<boolean> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Registers a close for something just created. */
  onClose(name: string, close: Closer['close'], deadlineMs = CLOSE_DEADLINE_MS): void {
    this.#closers.push({ name, close, deadlineMs });
  }

  /** Resolves true when everything closed in time without an error. */
  close(): Promise<boolean> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** Closes on SIGTERM or SIGINT and sets the exit code; a second signal exits at once. */
  closeOnSignals(): void {
    let isSecond = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isSecond) process.exit(1);
      isSecond = true;
      this.#log.info({ signal }, 'stopping');
      void this.close().then((isClean) => process.exit(isClean ? 0 : 1));
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  }

  async #closeAll(): Promise<boolean> {
    let isClean = true;
    for (const closer of this.#closers.toReversed()) {
      try {
        await withDeadline(closer);
      } catch (error) {
        isClean = false;
        this.#log.error({ err: error, part: closer.name }, 'close failed');
      }
    }
    return isClean;
  }
}

async function withDeadline(closer: Closer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${closer.name} did not close within ${closer.deadlineMs} ms`)), closer.deadlineMs);
  });
  try {
    await Promise.race([closer.close(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
