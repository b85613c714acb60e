import { status } from '@grpc/grpc-js';
import type { HealthHandlers } from '../generated/grpc/health/v1/Health.ts';

const SERVICE = 'sluice.runtime.v1.Runtime';

export type HealthSource = {
  isServing(): boolean;
  /** Calls back at every change of `isServing`; returns the way to stop. */
  onServingChange(listener: () => void): () => void;
};

/** grpc.health.v1 for the whole server ("") and the Runtime service. */
export function healthHandlers(source: HealthSource): HealthHandlers {
  const servingStatus = () => ({ status: source.isServing() ? ('SERVING' as const) : ('NOT_SERVING' as const) });
  const isKnown = (service: string): boolean => service === '' || service === SERVICE;
  return {
    Check: (call, callback) => {
      if (isKnown(call.request.service)) callback(null, servingStatus());
      else callback({ code: status.NOT_FOUND, details: 'unknown service' });
    },
    Watch: (stream) => {
      // The protocol keeps the stream open for a service it does not know, which may appear later.
      if (!isKnown(stream.request.service)) {
        stream.write({ status: 'SERVICE_UNKNOWN' });
        return;
      }
      stream.write(servingStatus());
      const stop = source.onServingChange(() => stream.write(servingStatus()));
      stream.on('cancelled', stop);
      stream.on('close', stop);
    },
  };
}
