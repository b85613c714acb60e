import { once } from 'node:events';
import {
  credentials,
  type CallOptions,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import type { AbandonRequest } from '../generated/sluice/runtime/v1/AbandonRequest.ts';
import type { AbandonResponse__Output } from '../generated/sluice/runtime/v1/AbandonResponse.ts';
import type { AdapterHead } from '../generated/sluice/runtime/v1/AdapterHead.ts';
import type { AdapterStatus__Output } from '../generated/sluice/runtime/v1/AdapterStatus.ts';
import type { ClientFrame } from '../generated/sluice/runtime/v1/ClientFrame.ts';
import type { DetectWatermarkRequest } from '../generated/sluice/runtime/v1/DetectWatermarkRequest.ts';
import type { DetectWatermarkResponse__Output } from '../generated/sluice/runtime/v1/DetectWatermarkResponse.ts';
import type { DetokenizeRequest } from '../generated/sluice/runtime/v1/DetokenizeRequest.ts';
import type { DetokenizeResponse__Output } from '../generated/sluice/runtime/v1/DetokenizeResponse.ts';
import type { EmbedRequest } from '../generated/sluice/runtime/v1/EmbedRequest.ts';
import type { EmbedResponse__Output } from '../generated/sluice/runtime/v1/EmbedResponse.ts';
import type { GenerateEvent__Output } from '../generated/sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest } from '../generated/sluice/runtime/v1/GenerateRequest.ts';
import type { LoadModelRequest } from '../generated/sluice/runtime/v1/LoadModelRequest.ts';
import type { ModelStatus__Output } from '../generated/sluice/runtime/v1/ModelStatus.ts';
import type { PinModelRequest } from '../generated/sluice/runtime/v1/PinModelRequest.ts';
import type { PutAdapterRequest } from '../generated/sluice/runtime/v1/PutAdapterRequest.ts';
import type { RankRequest } from '../generated/sluice/runtime/v1/RankRequest.ts';
import type { RankResponse__Output } from '../generated/sluice/runtime/v1/RankResponse.ts';
import type { RemoveAdapterRequest } from '../generated/sluice/runtime/v1/RemoveAdapterRequest.ts';
import type { ServerFrame__Output } from '../generated/sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest } from '../generated/sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse__Output } from '../generated/sluice/runtime/v1/TokenizeResponse.ts';
import type { UnloadModelRequest } from '../generated/sluice/runtime/v1/UnloadModelRequest.ts';
import type { WorkerStatus__Output } from '../generated/sluice/runtime/v1/WorkerStatus.ts';
import { CLIENT_OPTIONS } from './channel-options.ts';
import { fromGrpcError } from './fault-status.ts';
import { protoDefinition } from './package-definition.ts';

export type SessionCall = ClientDuplexStream<ClientFrame, ServerFrame__Output>;

/** How long a unary call may take, and what ends it sooner. */
export type CallLimits = { readonly deadlineMs: number; readonly signal?: AbortSignal };

/** A typed connection to one runtime worker. Unary calls reject with a Fault; streams emit gRPC errors (see `fromGrpcError`). */
export type RuntimeClient = {
  readonly address: string;
  openSession(): SessionCall;
  generate(request: GenerateRequest): ClientReadableStream<GenerateEvent__Output>;
  watchStatus(intervalMs: number): ClientReadableStream<WorkerStatus__Output>;
  getStatus(deadlineMs: number): Promise<WorkerStatus__Output>;
  drain(deadlineMs: number): Promise<WorkerStatus__Output>;
  tokenize(request: TokenizeRequest, limits: CallLimits): Promise<TokenizeResponse__Output>;
  detokenize(request: DetokenizeRequest, limits: CallLimits): Promise<DetokenizeResponse__Output>;
  embed(request: EmbedRequest, limits: CallLimits): Promise<EmbedResponse__Output>;
  rank(request: RankRequest, limits: CallLimits): Promise<RankResponse__Output>;
  /** Ends a call of `embed` or `rank`, which then rejects with a Fault that says what was read for it. */
  abandon(request: AbandonRequest, limits: CallLimits): Promise<AbandonResponse__Output>;
  detectWatermark(request: DetectWatermarkRequest, limits: CallLimits): Promise<DetectWatermarkResponse__Output>;
  loadModel(request: LoadModelRequest, limits: CallLimits): ClientReadableStream<ModelStatus__Output>;
  unloadModel(request: UnloadModelRequest, limits: CallLimits): Promise<ModelStatus__Output>;
  pinModel(request: PinModelRequest, limits: CallLimits): Promise<ModelStatus__Output>;
  /** Sends the file's bytes as they come, never faster than the worker takes them. */
  putAdapter(head: AdapterHead, data: AsyncIterable<Uint8Array>, limits: CallLimits): Promise<AdapterStatus__Output>;
  removeAdapter(request: RemoveAdapterRequest, limits: CallLimits): Promise<AdapterStatus__Output>;
  close(): void;
};

/** Connects lazily: no I/O happens before the first call. */
export function createRuntimeClient(address: string, channel: ChannelCredentials = credentials.createInsecure()): RuntimeClient {
  const stub = new (protoDefinition().sluice.runtime.v1.Runtime)(address, channel, CLIENT_OPTIONS);
  return {
    address,
    openSession: () => stub.session(),
    generate: (request) => stub.generate(request),
    watchStatus: (intervalMs) => stub.watchStatus({ intervalMs }),
    getStatus: (deadlineMs) => unary({ deadlineMs }, (options, callback) => stub.getStatus({}, options, callback)),
    drain: (deadlineMs) => unary({ deadlineMs }, (options, callback) => stub.drain({}, options, callback)),
    tokenize: (request, limits) => unary(limits, (options, callback) => stub.tokenize(request, options, callback)),
    detokenize: (request, limits) => unary(limits, (options, callback) => stub.detokenize(request, options, callback)),
    embed: (request, limits) => unary(limits, (options, callback) => stub.embed(request, options, callback)),
    rank: (request, limits) => unary(limits, (options, callback) => stub.rank(request, options, callback)),
    abandon: (request, limits) => unary(limits, (options, callback) => stub.abandon(request, options, callback)),
    detectWatermark: (request, limits) => unary(limits, (options, callback) => stub.detectWatermark(request, options, callback)),
    loadModel: (request, limits) => {
      const stream = stub.loadModel(request, toCallOptions(limits));
      cancelOn(limits.signal, stream);
      return stream;
    },
    unloadModel: (request, limits) => unary(limits, (options, callback) => stub.unloadModel(request, options, callback)),
    pinModel: (request, limits) => unary(limits, (options, callback) => stub.pinModel(request, options, callback)),
    putAdapter: (head, data, limits) =>
      unary(limits, (options, callback) => {
        const upload = stub.putAdapter(options, callback);
        upload.write({ head });
        // A call that fails says so in its callback; here it only has to stop.
        send(upload, data).catch(() => upload.cancel());
        return upload;
      }),
    removeAdapter: (request, limits) => unary(limits, (options, callback) => stub.removeAdapter(request, options, callback)),
    close: () => stub.close(),
  };
}

type Callback<Response> = (error: ServiceError | null, response?: Response) => void;

function unary<Response>(
  limits: CallLimits,
  start: (options: CallOptions, callback: Callback<Response>) => Pick<ClientUnaryCall, 'cancel'>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const call = start(toCallOptions(limits), (error, response) => {
      stopListening();
      if (error) reject(fromGrpcError(error));
      else if (response === undefined) reject(new Error('a unary call ended without a response'));
      else resolve(response);
    });
    const stopListening = cancelOn(limits.signal, call);
  });
}

function toCallOptions({ deadlineMs }: CallLimits): CallOptions {
  return { deadline: Date.now() + deadlineMs };
}

/** Returns the way to stop. */
function cancelOn(signal: AbortSignal | undefined, call: Pick<ClientUnaryCall, 'cancel'>): () => void {
  const cancel = (): void => call.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return () => signal?.removeEventListener('abort', cancel);
}

async function send(upload: ClientWritableStream<PutAdapterRequest>, data: AsyncIterable<Uint8Array>): Promise<void> {
  const ended = new AbortController();
  upload.on('status', () => ended.abort());
  for await (const bytes of data) {
    if (ended.signal.aborted) return;
    const isTaken = upload.write({ data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
    if (!isTaken) await once(upload, 'drain', { signal: ended.signal });
  }
  upload.write({ isComplete: true });
  upload.end();
}
