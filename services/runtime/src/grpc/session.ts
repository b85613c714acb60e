import { Fault, toFault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { SessionStream } from '@sluice/proto/runtime-server';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { GenerationEvent, Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { FrameWriter } from './frame-writer.ts';
import type { StartGeneration } from './start-generation.ts';
import { toFailure, toWireEvent } from './to-event.ts';

/** More than any gateway sends at once; one that does is broken. */
const REQUESTS_MAX = 4096;

/** Serves one gateway connection: many requests in, one frame per step out. Its end cancels what it started. */
export function serveSession(stream: SessionStream, start: StartGeneration, log: Log): void {
  const running = new Map<number, GenerationHandle | undefined>();
  const writer = new FrameWriter(stream, () => {
    log.warn({ requests: running.size }, 'a session does not read; closing it');
    stream.destroy();
  });

  const end = (): void => {
    writer.close();
    for (const handle of running.values()) handle?.cancel();
    running.clear();
  };

  const begin = (request: GenerateRequest__Output): void => {
    const { rid } = request;
    try {
      if (running.has(rid)) throw new Fault('INVALID_VALUE', { message: `The request id ${rid} is in use.`, param: 'rid' });
      if (running.size >= REQUESTS_MAX) throw new Fault('SERVER_OVERLOADED', { message: 'The session holds too many requests.' });
      running.set(rid, undefined);
      const handle = start(request, outletFor(request));
      // It may have ended while it was being submitted.
      if (running.has(rid)) running.set(rid, handle);
    } catch (error) {
      const fault = toFault(error);
      if (fault.code === 'INTERNAL') log.error({ err: error, requestId: request.requestId }, 'a request could not be started');
      if (fault.param !== 'rid') running.delete(rid);
      writer.add(toFailure(rid, fault));
      writer.flush(0);
    }
  };

  const outletFor = ({ rid, requestId }: GenerateRequest__Output): Outlet => ({
    emit(event: GenerationEvent) {
      if (event.kind === 'finished' || event.kind === 'failed') running.delete(rid);
      // The client is told only that it failed.
      if (event.kind === 'failed' && event.fault.code === 'INTERNAL') log.error({ err: event.fault, requestId }, 'a request failed');
      writer.add(toWireEvent(rid, event));
    },
    flush: (step) => writer.flush(step),
  });

  stream.on('data', (frame) => {
    for (const request of frame.starts) begin(request);
    for (const { rid } of frame.cancels) running.get(rid)?.cancel();
    if (frame.ping) stream.write({ step: 0, events: [], pong: frame.ping });
  });
  stream.on('end', () => {
    end();
    stream.end();
  });
  stream.on('cancelled', end);
  stream.on('error', end);
  stream.on('close', end);
}
