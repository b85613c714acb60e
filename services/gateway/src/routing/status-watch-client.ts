import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { WorkerStatus__Output } from '@sluice/proto/v1/WorkerStatus';
import { jitter } from './jitter.ts';

const STATUS_INTERVAL_MS = 1_000;
/** A worker that restarts is back within seconds, so waiting longer would only leave it idle. */
const RECONNECT_MIN_MS = 200;
const RECONNECT_MAX_MS = 2_000;

type StatusWatchOptions = {
  readonly client: Pick<RuntimeClient, 'watchStatus'>;
  readonly onStatus: (status: WorkerStatus__Output) => void;
  readonly onLost: () => void;
};

/** Follows one worker's status for as long as the gateway lives; a lost stream is opened again, with backoff. Returns the way to stop. */
export function watchStatus({ client, onStatus, onLost }: StatusWatchOptions): () => void {
  let isStopped = false;
  let backoffMs = RECONNECT_MIN_MS;
  let timer: NodeJS.Timeout | undefined;
  let stream: ReturnType<typeof client.watchStatus> | undefined;

  function open(): void {
    const opened = client.watchStatus(STATUS_INTERVAL_MS);
    stream = opened;
    opened.on('data', (status: WorkerStatus__Output) => {
      if (isStopped) return;
      backoffMs = RECONNECT_MIN_MS;
      onStatus(status);
    });
    // Both may come for one loss; the first one counts.
    opened.once('error', () => lose(opened));
    opened.once('end', () => lose(opened));
    opened.on('error', () => {});
  }

  function lose(lost: typeof stream): void {
    if (isStopped || lost !== stream) return;
    stream = undefined;
    onLost();
    timer = setTimeout(open, jitter(backoffMs));
    backoffMs = Math.min(backoffMs * 2, RECONNECT_MAX_MS);
  }

  open();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    stream?.cancel();
  };
}
