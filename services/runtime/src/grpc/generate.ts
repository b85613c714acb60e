import { toGrpcStatus } from '@sluice/proto/fault-status';
import type { GenerateStream } from '@sluice/proto/runtime-server';
import type { StartGeneration } from './start-generation.ts';
import { toWireEvent } from './to-event.ts';

/** Serves one request as a plain server stream; a failure is the call's status. Throws a Fault when it cannot start. */
export function serveGenerate(stream: GenerateStream, start: StartGeneration): void {
  const { request } = stream;
  const handle = start(request, {
    emit(event) {
      if (event.kind === 'failed') stream.emit('error', toGrpcStatus(event.fault));
      else stream.write(toWireEvent(request.rid, event));
      if (event.kind === 'finished') stream.end();
    },
    flush() {},
  });
  stream.on('cancelled', () => handle.cancel());
}
