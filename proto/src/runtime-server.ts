import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { Fault, toFault } from '@sluice/platform/fault';
import type { AbandonRequest__Output } from '../generated/sluice/runtime/v1/AbandonRequest.ts';
import type { AbandonResponse } from '../generated/sluice/runtime/v1/AbandonResponse.ts';
import type { AdapterStatus } from '../generated/sluice/runtime/v1/AdapterStatus.ts';
import type { ClientFrame__Output } from '../generated/sluice/runtime/v1/ClientFrame.ts';
import type { DetectWatermarkRequest__Output } from '../generated/sluice/runtime/v1/DetectWatermarkRequest.ts';
import type { DetectWatermarkResponse } from '../generated/sluice/runtime/v1/DetectWatermarkResponse.ts';
import type { DetokenizeRequest__Output } from '../generated/sluice/runtime/v1/DetokenizeRequest.ts';
import type { DetokenizeResponse } from '../generated/sluice/runtime/v1/DetokenizeResponse.ts';
import type { EmbedRequest__Output } from '../generated/sluice/runtime/v1/EmbedRequest.ts';
import type { EmbedResponse } from '../generated/sluice/runtime/v1/EmbedResponse.ts';
import type { GenerateEvent } from '../generated/sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest__Output } from '../generated/sluice/runtime/v1/GenerateRequest.ts';
import type { LoadModelRequest__Output } from '../generated/sluice/runtime/v1/LoadModelRequest.ts';
import type { ModelStatus } from '../generated/sluice/runtime/v1/ModelStatus.ts';
import type { PinModelRequest__Output } from '../generated/sluice/runtime/v1/PinModelRequest.ts';
import type { PutAdapterRequest__Output } from '../generated/sluice/runtime/v1/PutAdapterRequest.ts';
import type { RankRequest__Output } from '../generated/sluice/runtime/v1/RankRequest.ts';
import type { RankResponse } from '../generated/sluice/runtime/v1/RankResponse.ts';
import type { RemoveAdapterRequest__Output } from '../generated/sluice/runtime/v1/RemoveAdapterRequest.ts';
import type { RuntimeHandlers } from '../generated/sluice/runtime/v1/Runtime.ts';
import type { ServerFrame } from '../generated/sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest__Output } from '../generated/sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse } from '../generated/sluice/runtime/v1/TokenizeResponse.ts';
import type { UnloadModelRequest__Output } from '../generated/sluice/runtime/v1/UnloadModelRequest.ts';
import type { WatchStatusRequest__Output } from '../generated/sluice/runtime/v1/WatchStatusRequest.ts';
import type { WorkerStatus } from '../generated/sluice/runtime/v1/WorkerStatus.ts';
import { SERVER_OPTIONS } from './channel-options.ts';
import { toGrpcStatus } from './fault-status.ts';
import { healthHandlers, type HealthSource } from './health.ts';
import { protoDefinition } from './package-definition.ts';

export type SessionStream = ServerDuplexStream<ClientFrame__Output, ServerFrame>;
export type GenerateStream = ServerWritableStream<GenerateRequest__Output, GenerateEvent>;
export type StatusStream = ServerWritableStream<WatchStatusRequest__Output, WorkerStatus>;
export type LoadStream = ServerWritableStream<LoadModelRequest__Output, ModelStatus>;
export type AdapterUpload = ServerReadableStream<PutAdapterRequest__Output, AdapterStatus>;

/** Answers one call; the signal is aborted when the caller goes away or its deadline passes. */
export type Unary<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response> | Response;

/** What a worker implements. A thrown Fault becomes the matching gRPC status, anything else INTERNAL without its text. */
export type RuntimeService = HealthSource & {
  session(stream: SessionStream): void;
  generate(stream: GenerateStream): void;
  watchStatus(stream: StatusStream): void;
  getStatus: Unary<unknown, WorkerStatus>;
  drain: Unary<unknown, WorkerStatus>;
} & Partial<RuntimeExtras>;

/** What a worker may leave out; a call of it is refused. */
export type RuntimeExtras = {
  readonly tokenize: Unary<TokenizeRequest__Output, TokenizeResponse>;
  readonly detokenize: Unary<DetokenizeRequest__Output, DetokenizeResponse>;
  readonly embed: Unary<EmbedRequest__Output, EmbedResponse>;
  readonly rank: Unary<RankRequest__Output, RankResponse>;
  readonly abandon: Unary<AbandonRequest__Output, AbandonResponse>;
  readonly detectWatermark: Unary<DetectWatermarkRequest__Output, DetectWatermarkResponse>;
  readonly loadModel: (stream: LoadStream) => void;
  readonly unloadModel: Unary<UnloadModelRequest__Output, ModelStatus>;
  readonly pinModel: Unary<PinModelRequest__Output, ModelStatus>;
  readonly putAdapter: (upload: AdapterUpload, signal: AbortSignal) => Promise<AdapterStatus>;
  readonly removeAdapter: Unary<RemoveAdapterRequest__Output, AdapterStatus>;
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
  const server = new Server(SERVER_OPTIONS);
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
    GetStatus: unary(service.getStatus),
    Drain: unary(service.drain),
    Tokenize: unary(service.tokenize ?? missing),
    Detokenize: unary(service.detokenize ?? missing),
    Embed: unary(service.embed ?? missing),
    Rank: unary(service.rank ?? missing),
    Abandon: unary(service.abandon ?? missing),
    DetectWatermark: unary(service.detectWatermark ?? missing),
    LoadModel: (stream) => guard(stream, () => (service.loadModel ?? missing)(stream)),
    UnloadModel: unary(service.unloadModel ?? missing),
    PinModel: unary(service.pinModel ?? missing),
    PutAdapter: (upload, callback) => settle(upload, callback, (signal) => (service.putAdapter ?? missing)(upload, signal)),
    RemoveAdapter: unary(service.removeAdapter ?? missing),
  };
}

function unary<Request, Response>(handle: Unary<Request, Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void =>
    settle(call, callback, (signal) => handle(call.request, signal));
}

/** Answers a call that has one response, and tells its handler when nobody waits for that any more. */
function settle<Response>(
  call: { on(event: 'cancelled', listener: () => void): unknown },
  callback: sendUnaryData<Response>,
  handle: (signal: AbortSignal) => Promise<Response> | Response,
): void {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort());
  const answer = async (): Promise<Response> => handle(controller.signal);
  answer().then(
    (response) => callback(null, response),
    (error: unknown) => callback(toGrpcStatus(toFault(error))),
  );
}

function missing(): never {
  throw new Fault('UNSUPPORTED_VALUE', { message: 'This worker does not do that.' });
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
