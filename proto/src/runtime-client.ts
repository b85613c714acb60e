import { credentials, type ChannelCredentials, type ClientDuplexStream, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import type { ClientFrame } from '../generated/sluice/runtime/v1/ClientFrame.ts';
import type { GenerateEvent__Output } from '../generated/sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest } from '../generated/sluice/runtime/v1/GenerateRequest.ts';
import type { ServerFrame__Output } from '../generated/sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest } from '../generated/sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse__Output } from '../generated/sluice/runtime/v1/TokenizeResponse.ts';
import type { WorkerStatus__Output } from '../generated/sluice/runtime/v1/WorkerStatus.ts';
import { CHANNEL_OPTIONS } from './channel-options.ts';
import { fromGrpcError } from './fault-status.ts';
import { protoDefinition } from './package-definition.ts';

export type SessionCall = ClientDuplexStream<ClientFrame, ServerFrame__Output>;

/** A typed connection to one runtime worker. Unary calls reject with a Fault; streams emit gRPC errors (see `fromGrpcError`). */
export type RuntimeClient = {
  readonly address: string;
  openSession(): SessionCall;
  generate(request: GenerateRequest): ClientReadableStream<GenerateEvent__Output>;
  watchStatus(intervalMs: number): ClientReadableStream<WorkerStatus__Output>;
  tokenize(request: TokenizeRequest, deadlineMs: number): Promise<TokenizeResponse__Output>;
  getStatus(deadlineMs: number): Promise<WorkerStatus__Output>;
  drain(deadlineMs: number): Promise<WorkerStatus__Output>;
  close(): void;
};

/** Connects lazily: no I/O happens before the first call. */
export function createRuntimeClient(address: string, channel: ChannelCredentials = credentials.createInsecure()): RuntimeClient {
  const stub = new (protoDefinition().sluice.runtime.v1.Runtime)(address, channel, CHANNEL_OPTIONS);
  const deadline = (ms: number) => ({ deadline: Date.now() + ms });
  return {
    address,
    openSession: () => stub.session(),
    generate: (request) => stub.generate(request),
    watchStatus: (intervalMs) => stub.watchStatus({ intervalMs }),
    tokenize: (request, ms) => unary((callback) => stub.tokenize(request, deadline(ms), callback)),
    getStatus: (ms) => unary((callback) => stub.getStatus({}, deadline(ms), callback)),
    drain: (ms) => unary((callback) => stub.drain({}, deadline(ms), callback)),
    close: () => stub.close(),
  };
}

function unary<Response>(call: (callback: (error: ServiceError | null, response?: Response) => void) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error) reject(fromGrpcError(error));
      else if (response === undefined) reject(new Error('a unary call ended without a response'));
      else resolve(response);
    });
  });
}
