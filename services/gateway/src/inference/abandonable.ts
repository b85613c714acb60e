import type { CallLimits } from '@sluice/proto/runtime-client';

/** A worker ends a call at once; one that says nothing for this long has other troubles. */
const CONFIRM_MS = 5_000;

/**
 * Makes a call that ends in order when nobody waits for its answer any more: the worker is asked to end it, and it rejects
 * with a Fault that says what was spent. A worker that cannot be asked, or does not end it in time, is cut off.
 */
export async function abandonable<Answer>(
  call: (signal: AbortSignal) => Promise<Answer>,
  { signal, abandon }: { readonly signal: AbortSignal; readonly abandon: (limits: CallLimits) => Promise<unknown> },
): Promise<Answer> {
  signal.throwIfAborted();
  const cut = new AbortController();
  let confirmTimer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    confirmTimer = setTimeout(() => cut.abort(), CONFIRM_MS);
    abandon({ deadlineMs: CONFIRM_MS }).catch(() => cut.abort());
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await call(cut.signal);
  } finally {
    clearTimeout(confirmTimer);
    signal.removeEventListener('abort', onAbort);
  }
}
