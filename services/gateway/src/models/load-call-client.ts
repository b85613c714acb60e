import type { ServiceError } from '@grpc/grpc-js';
import { fromGrpcError } from '@sluice/proto/fault-status';
import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';

/** What a worker first says of a load, or the Fault it refuses it with. The load goes on when nobody listens any more; what becomes of it is in the worker's own status. */
export function firstStatus(call: ReturnType<RuntimeClient['loadModel']>): Promise<ModelStatus__Output> {
  return new Promise((resolve, reject) => {
    call.on('data', resolve);
    call.on('error', (error) => reject(fromGrpcError(error as ServiceError)));
  });
}
