import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelHost } from './models/model-host.ts';

const POLL_MS = 50;

/** Waits until nothing runs or waits on the model, `limitMs` at most. */
export async function untilIdle(host: Pick<ModelHost, 'status'>, limitMs: number): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs) {
    const { slotsBusy = 0, queueDepth = 0 } = host.status();
    if (slotsBusy + queueDepth === 0) return;
    await sleep(POLL_MS);
  }
}
