import type { ModelRegistry } from './models/model-registry.ts';

type WatchdogOptions = {
  readonly models: Pick<ModelRegistry, 'stepAgeMs'>;
  /** 0 waits for ever. */
  readonly timeoutMs: number;
  /** Called once, when a step has taken longer. */
  readonly onHung: (stepAgeMs: number) => void;
};

const LOOK_MS = 1_000;

/** Looks whether the engine's steps come to an end. Returns the way to stop. */
export function startWatchdog({ models, timeoutMs, onHung }: WatchdogOptions): () => void {
  if (timeoutMs === 0) return () => {};
  const look = (): void => {
    const ageMs = models.stepAgeMs;
    if (ageMs < timeoutMs) return;
    clearInterval(timer);
    onHung(ageMs);
  };
  const timer = setInterval(look, Math.min(LOOK_MS, timeoutMs)).unref();
  return () => clearInterval(timer);
}
