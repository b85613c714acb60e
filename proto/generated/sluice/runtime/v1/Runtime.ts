// Original file: sluice/runtime/v1/runtime.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClientFrame as _sluice_runtime_v1_ClientFrame, ClientFrame__Output as _sluice_runtime_v1_ClientFrame__Output } from '../../../sluice/runtime/v1/ClientFrame.ts';
import type { DrainRequest as _sluice_runtime_v1_DrainRequest, DrainRequest__Output as _sluice_runtime_v1_DrainRequest__Output } from '../../../sluice/runtime/v1/DrainRequest.ts';
import type { GenerateEvent as _sluice_runtime_v1_GenerateEvent, GenerateEvent__Output as _sluice_runtime_v1_GenerateEvent__Output } from '../../../sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest as _sluice_runtime_v1_GenerateRequest, GenerateRequest__Output as _sluice_runtime_v1_GenerateRequest__Output } from '../../../sluice/runtime/v1/GenerateRequest.ts';
import type { GetStatusRequest as _sluice_runtime_v1_GetStatusRequest, GetStatusRequest__Output as _sluice_runtime_v1_GetStatusRequest__Output } from '../../../sluice/runtime/v1/GetStatusRequest.ts';
import type { ServerFrame as _sluice_runtime_v1_ServerFrame, ServerFrame__Output as _sluice_runtime_v1_ServerFrame__Output } from '../../../sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest as _sluice_runtime_v1_TokenizeRequest, TokenizeRequest__Output as _sluice_runtime_v1_TokenizeRequest__Output } from '../../../sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse as _sluice_runtime_v1_TokenizeResponse, TokenizeResponse__Output as _sluice_runtime_v1_TokenizeResponse__Output } from '../../../sluice/runtime/v1/TokenizeResponse.ts';
import type { WatchStatusRequest as _sluice_runtime_v1_WatchStatusRequest, WatchStatusRequest__Output as _sluice_runtime_v1_WatchStatusRequest__Output } from '../../../sluice/runtime/v1/WatchStatusRequest.ts';
import type { WorkerStatus as _sluice_runtime_v1_WorkerStatus, WorkerStatus__Output as _sluice_runtime_v1_WorkerStatus__Output } from '../../../sluice/runtime/v1/WorkerStatus.ts';

export interface RuntimeClient extends grpc.Client {
  Drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  
  Generate(argument: _sluice_runtime_v1_GenerateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_GenerateEvent__Output>;
  Generate(argument: _sluice_runtime_v1_GenerateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_GenerateEvent__Output>;
  generate(argument: _sluice_runtime_v1_GenerateRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_GenerateEvent__Output>;
  generate(argument: _sluice_runtime_v1_GenerateRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_GenerateEvent__Output>;
  
  GetStatus(argument: _sluice_runtime_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _sluice_runtime_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _sluice_runtime_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _sluice_runtime_v1_GetStatusRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _sluice_runtime_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _sluice_runtime_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _sluice_runtime_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _sluice_runtime_v1_GetStatusRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame__Output>;
  
  Tokenize(argument: _sluice_runtime_v1_TokenizeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  Tokenize(argument: _sluice_runtime_v1_TokenizeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  Tokenize(argument: _sluice_runtime_v1_TokenizeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  Tokenize(argument: _sluice_runtime_v1_TokenizeRequest, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  tokenize(argument: _sluice_runtime_v1_TokenizeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  tokenize(argument: _sluice_runtime_v1_TokenizeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  tokenize(argument: _sluice_runtime_v1_TokenizeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  tokenize(argument: _sluice_runtime_v1_TokenizeRequest, callback: grpc.requestCallback<_sluice_runtime_v1_TokenizeResponse__Output>): grpc.ClientUnaryCall;
  
  WatchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  WatchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  watchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  watchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  
}

export interface RuntimeHandlers extends grpc.UntypedServiceImplementation {
  Drain: grpc.handleUnaryCall<_sluice_runtime_v1_DrainRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
  Generate: grpc.handleServerStreamingCall<_sluice_runtime_v1_GenerateRequest__Output, _sluice_runtime_v1_GenerateEvent>;
  
  GetStatus: grpc.handleUnaryCall<_sluice_runtime_v1_GetStatusRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
  Session: grpc.handleBidiStreamingCall<_sluice_runtime_v1_ClientFrame__Output, _sluice_runtime_v1_ServerFrame>;
  
  Tokenize: grpc.handleUnaryCall<_sluice_runtime_v1_TokenizeRequest__Output, _sluice_runtime_v1_TokenizeResponse>;
  
  WatchStatus: grpc.handleServerStreamingCall<_sluice_runtime_v1_WatchStatusRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
}

export interface RuntimeDefinition extends grpc.ServiceDefinition {
  Drain: MethodDefinition<_sluice_runtime_v1_DrainRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_DrainRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
  Generate: MethodDefinition<_sluice_runtime_v1_GenerateRequest, _sluice_runtime_v1_GenerateEvent, _sluice_runtime_v1_GenerateRequest__Output, _sluice_runtime_v1_GenerateEvent__Output>
  GetStatus: MethodDefinition<_sluice_runtime_v1_GetStatusRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_GetStatusRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
  Session: MethodDefinition<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame, _sluice_runtime_v1_ClientFrame__Output, _sluice_runtime_v1_ServerFrame__Output>
  Tokenize: MethodDefinition<_sluice_runtime_v1_TokenizeRequest, _sluice_runtime_v1_TokenizeResponse, _sluice_runtime_v1_TokenizeRequest__Output, _sluice_runtime_v1_TokenizeResponse__Output>
  WatchStatus: MethodDefinition<_sluice_runtime_v1_WatchStatusRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_WatchStatusRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
}
