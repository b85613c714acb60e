// Original file: sluice/runtime/v1/runtime.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AbandonRequest as _sluice_runtime_v1_AbandonRequest, AbandonRequest__Output as _sluice_runtime_v1_AbandonRequest__Output } from '../../../sluice/runtime/v1/AbandonRequest.ts';
import type { AbandonResponse as _sluice_runtime_v1_AbandonResponse, AbandonResponse__Output as _sluice_runtime_v1_AbandonResponse__Output } from '../../../sluice/runtime/v1/AbandonResponse.ts';
import type { AdapterStatus as _sluice_runtime_v1_AdapterStatus, AdapterStatus__Output as _sluice_runtime_v1_AdapterStatus__Output } from '../../../sluice/runtime/v1/AdapterStatus.ts';
import type { ClientFrame as _sluice_runtime_v1_ClientFrame, ClientFrame__Output as _sluice_runtime_v1_ClientFrame__Output } from '../../../sluice/runtime/v1/ClientFrame.ts';
import type { DetectWatermarkRequest as _sluice_runtime_v1_DetectWatermarkRequest, DetectWatermarkRequest__Output as _sluice_runtime_v1_DetectWatermarkRequest__Output } from '../../../sluice/runtime/v1/DetectWatermarkRequest.ts';
import type { DetectWatermarkResponse as _sluice_runtime_v1_DetectWatermarkResponse, DetectWatermarkResponse__Output as _sluice_runtime_v1_DetectWatermarkResponse__Output } from '../../../sluice/runtime/v1/DetectWatermarkResponse.ts';
import type { DetokenizeRequest as _sluice_runtime_v1_DetokenizeRequest, DetokenizeRequest__Output as _sluice_runtime_v1_DetokenizeRequest__Output } from '../../../sluice/runtime/v1/DetokenizeRequest.ts';
import type { DetokenizeResponse as _sluice_runtime_v1_DetokenizeResponse, DetokenizeResponse__Output as _sluice_runtime_v1_DetokenizeResponse__Output } from '../../../sluice/runtime/v1/DetokenizeResponse.ts';
import type { DrainRequest as _sluice_runtime_v1_DrainRequest, DrainRequest__Output as _sluice_runtime_v1_DrainRequest__Output } from '../../../sluice/runtime/v1/DrainRequest.ts';
import type { EmbedRequest as _sluice_runtime_v1_EmbedRequest, EmbedRequest__Output as _sluice_runtime_v1_EmbedRequest__Output } from '../../../sluice/runtime/v1/EmbedRequest.ts';
import type { EmbedResponse as _sluice_runtime_v1_EmbedResponse, EmbedResponse__Output as _sluice_runtime_v1_EmbedResponse__Output } from '../../../sluice/runtime/v1/EmbedResponse.ts';
import type { GenerateEvent as _sluice_runtime_v1_GenerateEvent, GenerateEvent__Output as _sluice_runtime_v1_GenerateEvent__Output } from '../../../sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest as _sluice_runtime_v1_GenerateRequest, GenerateRequest__Output as _sluice_runtime_v1_GenerateRequest__Output } from '../../../sluice/runtime/v1/GenerateRequest.ts';
import type { GetStatusRequest as _sluice_runtime_v1_GetStatusRequest, GetStatusRequest__Output as _sluice_runtime_v1_GetStatusRequest__Output } from '../../../sluice/runtime/v1/GetStatusRequest.ts';
import type { LoadModelRequest as _sluice_runtime_v1_LoadModelRequest, LoadModelRequest__Output as _sluice_runtime_v1_LoadModelRequest__Output } from '../../../sluice/runtime/v1/LoadModelRequest.ts';
import type { ModelStatus as _sluice_runtime_v1_ModelStatus, ModelStatus__Output as _sluice_runtime_v1_ModelStatus__Output } from '../../../sluice/runtime/v1/ModelStatus.ts';
import type { PinModelRequest as _sluice_runtime_v1_PinModelRequest, PinModelRequest__Output as _sluice_runtime_v1_PinModelRequest__Output } from '../../../sluice/runtime/v1/PinModelRequest.ts';
import type { PutAdapterRequest as _sluice_runtime_v1_PutAdapterRequest, PutAdapterRequest__Output as _sluice_runtime_v1_PutAdapterRequest__Output } from '../../../sluice/runtime/v1/PutAdapterRequest.ts';
import type { RankRequest as _sluice_runtime_v1_RankRequest, RankRequest__Output as _sluice_runtime_v1_RankRequest__Output } from '../../../sluice/runtime/v1/RankRequest.ts';
import type { RankResponse as _sluice_runtime_v1_RankResponse, RankResponse__Output as _sluice_runtime_v1_RankResponse__Output } from '../../../sluice/runtime/v1/RankResponse.ts';
import type { RemoveAdapterRequest as _sluice_runtime_v1_RemoveAdapterRequest, RemoveAdapterRequest__Output as _sluice_runtime_v1_RemoveAdapterRequest__Output } from '../../../sluice/runtime/v1/RemoveAdapterRequest.ts';
import type { ServerFrame as _sluice_runtime_v1_ServerFrame, ServerFrame__Output as _sluice_runtime_v1_ServerFrame__Output } from '../../../sluice/runtime/v1/ServerFrame.ts';
import type { TokenizeRequest as _sluice_runtime_v1_TokenizeRequest, TokenizeRequest__Output as _sluice_runtime_v1_TokenizeRequest__Output } from '../../../sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse as _sluice_runtime_v1_TokenizeResponse, TokenizeResponse__Output as _sluice_runtime_v1_TokenizeResponse__Output } from '../../../sluice/runtime/v1/TokenizeResponse.ts';
import type { UnloadModelRequest as _sluice_runtime_v1_UnloadModelRequest, UnloadModelRequest__Output as _sluice_runtime_v1_UnloadModelRequest__Output } from '../../../sluice/runtime/v1/UnloadModelRequest.ts';
import type { WatchStatusRequest as _sluice_runtime_v1_WatchStatusRequest, WatchStatusRequest__Output as _sluice_runtime_v1_WatchStatusRequest__Output } from '../../../sluice/runtime/v1/WatchStatusRequest.ts';
import type { WorkerStatus as _sluice_runtime_v1_WorkerStatus, WorkerStatus__Output as _sluice_runtime_v1_WorkerStatus__Output } from '../../../sluice/runtime/v1/WorkerStatus.ts';

export interface RuntimeClient extends grpc.Client {
  Abandon(argument: _sluice_runtime_v1_AbandonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  Abandon(argument: _sluice_runtime_v1_AbandonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  Abandon(argument: _sluice_runtime_v1_AbandonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  Abandon(argument: _sluice_runtime_v1_AbandonRequest, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  abandon(argument: _sluice_runtime_v1_AbandonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  abandon(argument: _sluice_runtime_v1_AbandonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  abandon(argument: _sluice_runtime_v1_AbandonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  abandon(argument: _sluice_runtime_v1_AbandonRequest, callback: grpc.requestCallback<_sluice_runtime_v1_AbandonResponse__Output>): grpc.ClientUnaryCall;
  
  DetectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  DetectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  DetectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  DetectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  detectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  detectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  detectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  detectWatermark(argument: _sluice_runtime_v1_DetectWatermarkRequest, callback: grpc.requestCallback<_sluice_runtime_v1_DetectWatermarkResponse__Output>): grpc.ClientUnaryCall;
  
  Detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  Detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  Detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  Detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  detokenize(argument: _sluice_runtime_v1_DetokenizeRequest, callback: grpc.requestCallback<_sluice_runtime_v1_DetokenizeResponse__Output>): grpc.ClientUnaryCall;
  
  Drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  Drain(argument: _sluice_runtime_v1_DrainRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  drain(argument: _sluice_runtime_v1_DrainRequest, callback: grpc.requestCallback<_sluice_runtime_v1_WorkerStatus__Output>): grpc.ClientUnaryCall;
  
  Embed(argument: _sluice_runtime_v1_EmbedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  Embed(argument: _sluice_runtime_v1_EmbedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  Embed(argument: _sluice_runtime_v1_EmbedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  Embed(argument: _sluice_runtime_v1_EmbedRequest, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  embed(argument: _sluice_runtime_v1_EmbedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  embed(argument: _sluice_runtime_v1_EmbedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  embed(argument: _sluice_runtime_v1_EmbedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  embed(argument: _sluice_runtime_v1_EmbedRequest, callback: grpc.requestCallback<_sluice_runtime_v1_EmbedResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  LoadModel(argument: _sluice_runtime_v1_LoadModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_ModelStatus__Output>;
  LoadModel(argument: _sluice_runtime_v1_LoadModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_ModelStatus__Output>;
  loadModel(argument: _sluice_runtime_v1_LoadModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_ModelStatus__Output>;
  loadModel(argument: _sluice_runtime_v1_LoadModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_ModelStatus__Output>;
  
  PinModel(argument: _sluice_runtime_v1_PinModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  PinModel(argument: _sluice_runtime_v1_PinModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  PinModel(argument: _sluice_runtime_v1_PinModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  PinModel(argument: _sluice_runtime_v1_PinModelRequest, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  pinModel(argument: _sluice_runtime_v1_PinModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  pinModel(argument: _sluice_runtime_v1_PinModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  pinModel(argument: _sluice_runtime_v1_PinModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  pinModel(argument: _sluice_runtime_v1_PinModelRequest, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  
  PutAdapter(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  PutAdapter(metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  PutAdapter(options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  PutAdapter(callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  putAdapter(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  putAdapter(metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  putAdapter(options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  putAdapter(callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientWritableStream<_sluice_runtime_v1_PutAdapterRequest>;
  
  Rank(argument: _sluice_runtime_v1_RankRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  Rank(argument: _sluice_runtime_v1_RankRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  Rank(argument: _sluice_runtime_v1_RankRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  Rank(argument: _sluice_runtime_v1_RankRequest, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  rank(argument: _sluice_runtime_v1_RankRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  rank(argument: _sluice_runtime_v1_RankRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  rank(argument: _sluice_runtime_v1_RankRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  rank(argument: _sluice_runtime_v1_RankRequest, callback: grpc.requestCallback<_sluice_runtime_v1_RankResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  RemoveAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  RemoveAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  RemoveAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  removeAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  removeAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  removeAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  removeAdapter(argument: _sluice_runtime_v1_RemoveAdapterRequest, callback: grpc.requestCallback<_sluice_runtime_v1_AdapterStatus__Output>): grpc.ClientUnaryCall;
  
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
  
  UnloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  UnloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  UnloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  UnloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  unloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  unloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  unloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  unloadModel(argument: _sluice_runtime_v1_UnloadModelRequest, callback: grpc.requestCallback<_sluice_runtime_v1_ModelStatus__Output>): grpc.ClientUnaryCall;
  
  WatchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  WatchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  watchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  watchStatus(argument: _sluice_runtime_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sluice_runtime_v1_WorkerStatus__Output>;
  
}

export interface RuntimeHandlers extends grpc.UntypedServiceImplementation {
  Abandon: grpc.handleUnaryCall<_sluice_runtime_v1_AbandonRequest__Output, _sluice_runtime_v1_AbandonResponse>;
  
  DetectWatermark: grpc.handleUnaryCall<_sluice_runtime_v1_DetectWatermarkRequest__Output, _sluice_runtime_v1_DetectWatermarkResponse>;
  
  Detokenize: grpc.handleUnaryCall<_sluice_runtime_v1_DetokenizeRequest__Output, _sluice_runtime_v1_DetokenizeResponse>;
  
  Drain: grpc.handleUnaryCall<_sluice_runtime_v1_DrainRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
  Embed: grpc.handleUnaryCall<_sluice_runtime_v1_EmbedRequest__Output, _sluice_runtime_v1_EmbedResponse>;
  
  Generate: grpc.handleServerStreamingCall<_sluice_runtime_v1_GenerateRequest__Output, _sluice_runtime_v1_GenerateEvent>;
  
  GetStatus: grpc.handleUnaryCall<_sluice_runtime_v1_GetStatusRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
  LoadModel: grpc.handleServerStreamingCall<_sluice_runtime_v1_LoadModelRequest__Output, _sluice_runtime_v1_ModelStatus>;
  
  PinModel: grpc.handleUnaryCall<_sluice_runtime_v1_PinModelRequest__Output, _sluice_runtime_v1_ModelStatus>;
  
  PutAdapter: grpc.handleClientStreamingCall<_sluice_runtime_v1_PutAdapterRequest__Output, _sluice_runtime_v1_AdapterStatus>;
  
  Rank: grpc.handleUnaryCall<_sluice_runtime_v1_RankRequest__Output, _sluice_runtime_v1_RankResponse>;
  
  RemoveAdapter: grpc.handleUnaryCall<_sluice_runtime_v1_RemoveAdapterRequest__Output, _sluice_runtime_v1_AdapterStatus>;
  
  Session: grpc.handleBidiStreamingCall<_sluice_runtime_v1_ClientFrame__Output, _sluice_runtime_v1_ServerFrame>;
  
  Tokenize: grpc.handleUnaryCall<_sluice_runtime_v1_TokenizeRequest__Output, _sluice_runtime_v1_TokenizeResponse>;
  
  UnloadModel: grpc.handleUnaryCall<_sluice_runtime_v1_UnloadModelRequest__Output, _sluice_runtime_v1_ModelStatus>;
  
  WatchStatus: grpc.handleServerStreamingCall<_sluice_runtime_v1_WatchStatusRequest__Output, _sluice_runtime_v1_WorkerStatus>;
  
}

export interface RuntimeDefinition extends grpc.ServiceDefinition {
  Abandon: MethodDefinition<_sluice_runtime_v1_AbandonRequest, _sluice_runtime_v1_AbandonResponse, _sluice_runtime_v1_AbandonRequest__Output, _sluice_runtime_v1_AbandonResponse__Output>
  DetectWatermark: MethodDefinition<_sluice_runtime_v1_DetectWatermarkRequest, _sluice_runtime_v1_DetectWatermarkResponse, _sluice_runtime_v1_DetectWatermarkRequest__Output, _sluice_runtime_v1_DetectWatermarkResponse__Output>
  Detokenize: MethodDefinition<_sluice_runtime_v1_DetokenizeRequest, _sluice_runtime_v1_DetokenizeResponse, _sluice_runtime_v1_DetokenizeRequest__Output, _sluice_runtime_v1_DetokenizeResponse__Output>
  Drain: MethodDefinition<_sluice_runtime_v1_DrainRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_DrainRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
  Embed: MethodDefinition<_sluice_runtime_v1_EmbedRequest, _sluice_runtime_v1_EmbedResponse, _sluice_runtime_v1_EmbedRequest__Output, _sluice_runtime_v1_EmbedResponse__Output>
  Generate: MethodDefinition<_sluice_runtime_v1_GenerateRequest, _sluice_runtime_v1_GenerateEvent, _sluice_runtime_v1_GenerateRequest__Output, _sluice_runtime_v1_GenerateEvent__Output>
  GetStatus: MethodDefinition<_sluice_runtime_v1_GetStatusRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_GetStatusRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
  LoadModel: MethodDefinition<_sluice_runtime_v1_LoadModelRequest, _sluice_runtime_v1_ModelStatus, _sluice_runtime_v1_LoadModelRequest__Output, _sluice_runtime_v1_ModelStatus__Output>
  PinModel: MethodDefinition<_sluice_runtime_v1_PinModelRequest, _sluice_runtime_v1_ModelStatus, _sluice_runtime_v1_PinModelRequest__Output, _sluice_runtime_v1_ModelStatus__Output>
  PutAdapter: MethodDefinition<_sluice_runtime_v1_PutAdapterRequest, _sluice_runtime_v1_AdapterStatus, _sluice_runtime_v1_PutAdapterRequest__Output, _sluice_runtime_v1_AdapterStatus__Output>
  Rank: MethodDefinition<_sluice_runtime_v1_RankRequest, _sluice_runtime_v1_RankResponse, _sluice_runtime_v1_RankRequest__Output, _sluice_runtime_v1_RankResponse__Output>
  RemoveAdapter: MethodDefinition<_sluice_runtime_v1_RemoveAdapterRequest, _sluice_runtime_v1_AdapterStatus, _sluice_runtime_v1_RemoveAdapterRequest__Output, _sluice_runtime_v1_AdapterStatus__Output>
  Session: MethodDefinition<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ServerFrame, _sluice_runtime_v1_ClientFrame__Output, _sluice_runtime_v1_ServerFrame__Output>
  Tokenize: MethodDefinition<_sluice_runtime_v1_TokenizeRequest, _sluice_runtime_v1_TokenizeResponse, _sluice_runtime_v1_TokenizeRequest__Output, _sluice_runtime_v1_TokenizeResponse__Output>
  UnloadModel: MethodDefinition<_sluice_runtime_v1_UnloadModelRequest, _sluice_runtime_v1_ModelStatus, _sluice_runtime_v1_UnloadModelRequest__Output, _sluice_runtime_v1_ModelStatus__Output>
  WatchStatus: MethodDefinition<_sluice_runtime_v1_WatchStatusRequest, _sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_WatchStatusRequest__Output, _sluice_runtime_v1_WorkerStatus__Output>
}
