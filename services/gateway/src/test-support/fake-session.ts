import { EventEmitter } from 'node:events';
import type { SessionCall } from '@sluice/proto/runtime-client';
import type { ClientFrame } from '@sluice/proto/v1/ClientFrame';

/** A session call without a network: what is written is kept, and a test emits what a worker would send. */
export function createFakeSession() {
  const written: ClientFrame[] = [];
  let opened = 0;
  const emitter = Object.assign(new EventEmitter(), { write: (frame: ClientFrame) => written.push(frame) > 0, cancel: () => {} });
  // Of grpc-js's call, a session uses events, write and cancel.
  const call = emitter as unknown as SessionCall;
  const open = (): SessionCall => {
    opened += 1;
    return call;
  };
  return { call, written, open, opened: () => opened };
}
