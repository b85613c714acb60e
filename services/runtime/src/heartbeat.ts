const BEAT_MS = 1_000;
/** Two late beats in a row: a supervisor that was stopped itself finds the beats of that time only after its own timers. */
const LATE_MAX = 2;

/** Tells the supervisor, where there is one, that this process still turns its event loop. */
export function startHeartbeat(): void {
  if (!process.send) return;
  // A supervisor that is gone needs no beats; the worker goes on without it.
  setInterval(() => process.connected && process.send?.('beat', undefined, undefined, () => {}), BEAT_MS).unref();
  process.channel?.unref();
}

type BeatSource = { on(event: 'message', listener: () => void): unknown };

/** Calls back once when a process that has begun to beat has not done so for `timeoutMs`; 0 waits for ever. Returns the way to stop. */
export function watchHeartbeat(child: BeatSource, { timeoutMs, onLost }: { timeoutMs: number; onLost: () => void }): () => void {
  let lastMs: number | undefined;
  let late = 0;
  child.on('message', () => {
    lastMs = performance.now();
  });
  const look = (): void => {
    late = lastMs !== undefined && performance.now() - lastMs > timeoutMs ? late + 1 : 0;
    if (late < LATE_MAX) return;
    clearInterval(timer);
    onLost();
  };
  const timer = timeoutMs === 0 ? undefined : setInterval(look, Math.min(BEAT_MS, timeoutMs)).unref();
  return () => clearInterval(timer);
}
