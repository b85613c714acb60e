import { Fault, toFault } from '@sluice/platform/fault';
import type { FinishReason, Outcome, Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';

export type LateStart<Value> = {
  /** What must be there before the generation can be submitted. */
  readonly until: Promise<Value>;
  readonly timeoutMs: number;
  readonly outlet: Outlet;
  /** May throw a Fault. */
  readonly submit: (value: Value) => GenerationHandle;
  /** Called when nobody waits any more, and nothing was submitted. */
  readonly onOver?: () => void;
  /** Given what came after that. */
  readonly drop?: (value: Value) => void;
};

/** Nothing was read yet, so nothing is counted. */
const NOTHING_SPENT: Outcome = {
  usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0 },
  timings: { queuedMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: undefined },
  seed: 0,
};

/** Submits a generation once it can be, as if it had been submitted at once: it may be cancelled meanwhile, and it does not wait for ever. */
export function startLater<Value>({ until, timeoutMs, outlet, submit, onOver, drop }: LateStart<Value>): GenerationHandle {
  let handle: GenerationHandle | undefined;
  let isOver = false;
  const end = (ended: { readonly reason: FinishReason } | { readonly fault: Fault }): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if ('fault' in ended) outlet.emit({ kind: 'failed', ...ended, ...NOTHING_SPENT });
    else outlet.emit({ kind: 'finished', ...ended, stopMatch: '', ...NOTHING_SPENT });
    outlet.flush(0);
    onOver?.();
  };
  const timer = setTimeout(() => {
    end({ fault: new Fault('TIMEOUT', { message: 'The request waited too long for its model.' }) });
  }, timeoutMs);
  const go = async (): Promise<void> => {
    try {
      const value = await until;
      if (isOver) return drop?.(value);
      handle = submit(value);
      isOver = true;
      clearTimeout(timer);
    } catch (error) {
      end({ fault: toFault(error) });
    }
  };
  void go();
  return {
    cancel() {
      if (handle) handle.cancel();
      else end({ reason: 'CANCELLED' });
    },
  };
}
