import { Server, ServerCredentials, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import { toFault } from '@sluice/platform/fault';
import type { ClientFrame__Output } from '../generated/sluice/runtime/v1/ClientFrame.ts';
import type { GenerateEvent } from '../generated/sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest__Output } from '../generated/sluice/runtime/v1/GenerateRequest.ts';
import type { RuntimeHandlers } from '../generated/sluice/runtime/v1/Runtime.ts';
import type { ServerFrame } from '../generated/sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest__Output } from '../generated/sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse } from '../generated/sluice/runtime/v1/TokenizeResponse.ts';
import type { WatchStatusRequest__Output } from '../generated/sluice/runtime/v1/WatchStatusRequest.ts';
import type { WorkerStatus } from '../generated/sluice/runtime/v1/WorkerStatus.ts';
import { CHANNEL_OPTIONS } from './channel-options.ts';
import { toGrpcStatus } from './fault-status.ts';
import { healthHandlers, type HealthSource } from './health.ts';
import { protoDefinition } from './package-definition.ts';

export type SessionStream = ServerDuplexStream<ClientFrame__Output, ServerFrame>;
export type GenerateStream = ServerWritableStream<GenerateRequest__Output, GenerateEvent>;
export type StatusStream = ServerWritableStream<WatchStatusRequest__Output, WorkerStatus>;

/** What a worker implements. A thrown Fault becomes the matching gRPC status, anything else INTERNAL without its text. */
export type RuntimeService = HealthSource & {
  session(stream: SessionStream): void;
  generate(stream: GenerateStream): void;
  watchStatus(stream: StatusStream): void;
  tokenize(request: TokenizeRequest__Output): Promise<TokenizeResponse>;
  getStatus(): WorkerStatus;
  drain(): WorkerStatus;
};

export type RuntimeServer = {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Ends every stream after `graceMs` at the latest. */
  close(graceMs: number): Promise<void>;
};

/** Serves the Runtime service and grpc.health on `address` ("host:port"). Rejects when the port cannot be bound. */
export async function startRuntimeServer(
  address: string,
  service: RuntimeService,
  channel = ServerCredentials.createInsecure(),
): Promise<RuntimeServer> {
  const server = new Server(CHANNEL_OPTIONS);
  const proto = protoDefinition();
  server.addService(proto.sluice.runtime.v1.Runtime.service, runtimeHandlers(service));
  server.addService(proto.grpc.health.v1.Health.service, healthHandlers(service));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, channel, (error, boundPort) => (error ? reject(error) : resolve(boundPort)));
  });
  return { port, close: (graceMs) => shutDown(server, graceMs) };
}

function runtimeHandlers(service: RuntimeService): RuntimeHandlers {
  return {
    Session: (stream) => service.session(stream),
    Generate: (stream) => guard(stream, () => service.generate(stream)),
    WatchStatus: (stream) => guard(stream, () => service.watchStatus(stream)),
    Tokenize: (call, callback) => {
      service.tokenize(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(toGrpcStatus(toFault(error))),
      );
    },
    GetStatus: (_call, callback) => callback(null, service.getStatus()),
    Drain: (_call, callback) => callback(null, service.drain()),
  };
}

function guard(stream: { emit(event: 'error', error: unknown): boolean }, handle: () => void): void {
  try {
    handle();
  } catch (error) {
    stream.emit('error', toGrpcStatus(toFault(error)));
  }
}

function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
