import type { Clock } from '@sluice/platform/clock';
import type { StatusStream } from '@sluice/proto/runtime-server';
import type { WorkerStatus } from '@sluice/proto/v1/WorkerStatus';
import type { Backend } from '../engine/backend.ts';
import type { ModelRegistry } from '../models/model-registry.ts';

export type StatusSource = { current(): WorkerStatus };

const INTERVAL_DEFAULT_MS = 1_000;
const INTERVAL_MIN_MS = 50;

export function createStatusSource(options: {
  workerId: string;
  backend: Backend;
  backendReason: string;
  engineVersion: string;
  models: Pick<ModelRegistry, 'hosts' | 'state' | 'backendDetails'>;
  clock: Clock;
  /** How often the process was started again, and how it ended the last time. */
  restarts?: number;
  lastExit?: string;
}): StatusSource {
  const startMs = options.clock.monotonicMs();
  let sequence = 0;
  return {
    current() {
      const { models } = options;
      return {
        workerId: options.workerId,
        state: models.state,
        models: models.hosts.map((host) => host.status()),
        backend: options.backend,
        backendDetails: [options.backendReason, models.backendDetails].filter((part) => part !== '').join('; '),
        engineVersion: options.engineVersion,
        sequence: ++sequence,
        uptimeMs: Math.round(options.clock.monotonicMs() - startMs),
        restarts: options.restarts ?? 0,
        lastExit: options.lastExit ?? '',
      };
    },
  };
}

/** Sends the status now, at every change, and at the asked interval. A reader that falls behind misses ticks, not the end. */
export function serveStatus(stream: StatusStream, source: StatusSource, models: Pick<ModelRegistry, 'onChange'>): void {
  let isBlocked = false;
  const send = (): void => {
    if (isBlocked) return;
    isBlocked = !stream.write(source.current());
    if (isBlocked) stream.once('drain', () => (isBlocked = false));
  };
  const asked = stream.request.intervalMs;
  const timer = setInterval(send, asked === 0 ? INTERVAL_DEFAULT_MS : Math.max(INTERVAL_MIN_MS, asked));
  const stopListening = models.onChange(send);
  const stop = (): void => {
    clearInterval(timer);
    stopListening();
  };
  stream.on('cancelled', stop);
  stream.on('close', stop);
  stream.on('error', stop);
  send();
}
