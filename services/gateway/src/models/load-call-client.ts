import type { ServiceError } from '@grpc/grpc-js';
import { fromGrpcError } from '@sluice/proto/fault-status';
import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';

/** How a load ends: with the model's last status, or the Fault that it is refused with. It goes on when nobody waits for it any more. */
export function endOfLoad(call: ReturnType<RuntimeClient['loadModel']>): Promise<ModelStatus__Output> {
  return new Promise((resolve, reject) => {
    let last: ModelStatus__Output | undefined;
    call.on('data', (status) => {
      last = status;
    });
    call.on('end', () => last && resolve(last));
    call.on('error', (error) => reject(fromGrpcError(error as ServiceError)));
  });
}
