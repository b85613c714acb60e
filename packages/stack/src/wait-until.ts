import { setTimeout as sleep } from 'node:timers/promises';

export type WaitOptions = {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A rejection that waiting cannot mend. */
  readonly isFinal?: (error: unknown) => boolean;
  /** Between one try and the next. */
  readonly intervalMs?: number;
};

const INTERVAL_MS = 50;

/** Resolves with the first value that `probe` returns; undefined or a rejection means "not yet". Rejects at the deadline with the last reason, or when `signal` aborts. */
export async function waitUntil<Value>(what: string, probe: () => Promise<Value | undefined>, options: WaitOptions): Promise<Value> {
  const endMs = performance.now() + options.deadlineMs;
  const { intervalMs = INTERVAL_MS } = options;
  let reason: unknown;
  while (performance.now() < endMs) {
    options.signal?.throwIfAborted();
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      if (options.isFinal?.(error)) throw error;
      reason = error;
    }
    await sleep(intervalMs, undefined, options.signal ? { signal: options.signal } : {}).catch(() => options.signal?.throwIfAborted());
  }
  throw new Error(`no ${what} after ${options.deadlineMs / 1000} s${reason instanceof Error ? `: ${reason.message}` : ''}`, {
    cause: reason,
  });
}
