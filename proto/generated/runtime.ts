import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AbandonRequest as _sluice_runtime_v1_AbandonRequest, AbandonRequest__Output as _sluice_runtime_v1_AbandonRequest__Output } from './sluice/runtime/v1/AbandonRequest.ts';
import type { AbandonResponse as _sluice_runtime_v1_AbandonResponse, AbandonResponse__Output as _sluice_runtime_v1_AbandonResponse__Output } from './sluice/runtime/v1/AbandonResponse.ts';
import type { AdapterHead as _sluice_runtime_v1_AdapterHead, AdapterHead__Output as _sluice_runtime_v1_AdapterHead__Output } from './sluice/runtime/v1/AdapterHead.ts';
import type { AdapterStatus as _sluice_runtime_v1_AdapterStatus, AdapterStatus__Output as _sluice_runtime_v1_AdapterStatus__Output } from './sluice/runtime/v1/AdapterStatus.ts';
import type { Cancel as _sluice_runtime_v1_Cancel, Cancel__Output as _sluice_runtime_v1_Cancel__Output } from './sluice/runtime/v1/Cancel.ts';
import type { Chat as _sluice_runtime_v1_Chat, Chat__Output as _sluice_runtime_v1_Chat__Output } from './sluice/runtime/v1/Chat.ts';
import type { ChatMessage as _sluice_runtime_v1_ChatMessage, ChatMessage__Output as _sluice_runtime_v1_ChatMessage__Output } from './sluice/runtime/v1/ChatMessage.ts';
import type { ChoiceEnd as _sluice_runtime_v1_ChoiceEnd, ChoiceEnd__Output as _sluice_runtime_v1_ChoiceEnd__Output } from './sluice/runtime/v1/ChoiceEnd.ts';
import type { Choices as _sluice_runtime_v1_Choices, Choices__Output as _sluice_runtime_v1_Choices__Output } from './sluice/runtime/v1/Choices.ts';
import type { ClientFrame as _sluice_runtime_v1_ClientFrame, ClientFrame__Output as _sluice_runtime_v1_ClientFrame__Output } from './sluice/runtime/v1/ClientFrame.ts';
import type { Constraint as _sluice_runtime_v1_Constraint, Constraint__Output as _sluice_runtime_v1_Constraint__Output } from './sluice/runtime/v1/Constraint.ts';
import type { Delta as _sluice_runtime_v1_Delta, Delta__Output as _sluice_runtime_v1_Delta__Output } from './sluice/runtime/v1/Delta.ts';
import type { DeltaDetails as _sluice_runtime_v1_DeltaDetails, DeltaDetails__Output as _sluice_runtime_v1_DeltaDetails__Output } from './sluice/runtime/v1/DeltaDetails.ts';
import type { DetectWatermarkRequest as _sluice_runtime_v1_DetectWatermarkRequest, DetectWatermarkRequest__Output as _sluice_runtime_v1_DetectWatermarkRequest__Output } from './sluice/runtime/v1/DetectWatermarkRequest.ts';
import type { DetectWatermarkResponse as _sluice_runtime_v1_DetectWatermarkResponse, DetectWatermarkResponse__Output as _sluice_runtime_v1_DetectWatermarkResponse__Output } from './sluice/runtime/v1/DetectWatermarkResponse.ts';
import type { DetokenizeRequest as _sluice_runtime_v1_DetokenizeRequest, DetokenizeRequest__Output as _sluice_runtime_v1_DetokenizeRequest__Output } from './sluice/runtime/v1/DetokenizeRequest.ts';
import type { DetokenizeResponse as _sluice_runtime_v1_DetokenizeResponse, DetokenizeResponse__Output as _sluice_runtime_v1_DetokenizeResponse__Output } from './sluice/runtime/v1/DetokenizeResponse.ts';
import type { DrainRequest as _sluice_runtime_v1_DrainRequest, DrainRequest__Output as _sluice_runtime_v1_DrainRequest__Output } from './sluice/runtime/v1/DrainRequest.ts';
import type { EmbedRequest as _sluice_runtime_v1_EmbedRequest, EmbedRequest__Output as _sluice_runtime_v1_EmbedRequest__Output } from './sluice/runtime/v1/EmbedRequest.ts';
import type { EmbedResponse as _sluice_runtime_v1_EmbedResponse, EmbedResponse__Output as _sluice_runtime_v1_EmbedResponse__Output } from './sluice/runtime/v1/EmbedResponse.ts';
import type { Embedding as _sluice_runtime_v1_Embedding, Embedding__Output as _sluice_runtime_v1_Embedding__Output } from './sluice/runtime/v1/Embedding.ts';
import type { Failure as _sluice_runtime_v1_Failure, Failure__Output as _sluice_runtime_v1_Failure__Output } from './sluice/runtime/v1/Failure.ts';
import type { Finished as _sluice_runtime_v1_Finished, Finished__Output as _sluice_runtime_v1_Finished__Output } from './sluice/runtime/v1/Finished.ts';
import type { GenerateEvent as _sluice_runtime_v1_GenerateEvent, GenerateEvent__Output as _sluice_runtime_v1_GenerateEvent__Output } from './sluice/runtime/v1/GenerateEvent.ts';
import type { GenerateRequest as _sluice_runtime_v1_GenerateRequest, GenerateRequest__Output as _sluice_runtime_v1_GenerateRequest__Output } from './sluice/runtime/v1/GenerateRequest.ts';
import type { GetStatusRequest as _sluice_runtime_v1_GetStatusRequest, GetStatusRequest__Output as _sluice_runtime_v1_GetStatusRequest__Output } from './sluice/runtime/v1/GetStatusRequest.ts';
import type { LoadModelRequest as _sluice_runtime_v1_LoadModelRequest, LoadModelRequest__Output as _sluice_runtime_v1_LoadModelRequest__Output } from './sluice/runtime/v1/LoadModelRequest.ts';
import type { LogitBias as _sluice_runtime_v1_LogitBias, LogitBias__Output as _sluice_runtime_v1_LogitBias__Output } from './sluice/runtime/v1/LogitBias.ts';
import type { ModelStatus as _sluice_runtime_v1_ModelStatus, ModelStatus__Output as _sluice_runtime_v1_ModelStatus__Output } from './sluice/runtime/v1/ModelStatus.ts';
import type { PinModelRequest as _sluice_runtime_v1_PinModelRequest, PinModelRequest__Output as _sluice_runtime_v1_PinModelRequest__Output } from './sluice/runtime/v1/PinModelRequest.ts';
import type { Ping as _sluice_runtime_v1_Ping, Ping__Output as _sluice_runtime_v1_Ping__Output } from './sluice/runtime/v1/Ping.ts';
import type { ProfileStatus as _sluice_runtime_v1_ProfileStatus, ProfileStatus__Output as _sluice_runtime_v1_ProfileStatus__Output } from './sluice/runtime/v1/ProfileStatus.ts';
import type { Prompt as _sluice_runtime_v1_Prompt, Prompt__Output as _sluice_runtime_v1_Prompt__Output } from './sluice/runtime/v1/Prompt.ts';
import type { PutAdapterRequest as _sluice_runtime_v1_PutAdapterRequest, PutAdapterRequest__Output as _sluice_runtime_v1_PutAdapterRequest__Output } from './sluice/runtime/v1/PutAdapterRequest.ts';
import type { Queued as _sluice_runtime_v1_Queued, Queued__Output as _sluice_runtime_v1_Queued__Output } from './sluice/runtime/v1/Queued.ts';
import type { RankRequest as _sluice_runtime_v1_RankRequest, RankRequest__Output as _sluice_runtime_v1_RankRequest__Output } from './sluice/runtime/v1/RankRequest.ts';
import type { RankResponse as _sluice_runtime_v1_RankResponse, RankResponse__Output as _sluice_runtime_v1_RankResponse__Output } from './sluice/runtime/v1/RankResponse.ts';
import type { RemoveAdapterRequest as _sluice_runtime_v1_RemoveAdapterRequest, RemoveAdapterRequest__Output as _sluice_runtime_v1_RemoveAdapterRequest__Output } from './sluice/runtime/v1/RemoveAdapterRequest.ts';
import type { RuntimeClient as _sluice_runtime_v1_RuntimeClient, RuntimeDefinition as _sluice_runtime_v1_RuntimeDefinition } from './sluice/runtime/v1/Runtime.ts';
import type { Sampling as _sluice_runtime_v1_Sampling, Sampling__Output as _sluice_runtime_v1_Sampling__Output } from './sluice/runtime/v1/Sampling.ts';
import type { ServerFrame as _sluice_runtime_v1_ServerFrame, ServerFrame__Output as _sluice_runtime_v1_ServerFrame__Output } from './sluice/runtime/v1/ServerFrame.ts';
import type { Started as _sluice_runtime_v1_Started, Started__Output as _sluice_runtime_v1_Started__Output } from './sluice/runtime/v1/Started.ts';
import type { Stopping as _sluice_runtime_v1_Stopping, Stopping__Output as _sluice_runtime_v1_Stopping__Output } from './sluice/runtime/v1/Stopping.ts';
import type { Timings as _sluice_runtime_v1_Timings, Timings__Output as _sluice_runtime_v1_Timings__Output } from './sluice/runtime/v1/Timings.ts';
import type { TokenIds as _sluice_runtime_v1_TokenIds, TokenIds__Output as _sluice_runtime_v1_TokenIds__Output } from './sluice/runtime/v1/TokenIds.ts';
import type { TokenLogprob as _sluice_runtime_v1_TokenLogprob, TokenLogprob__Output as _sluice_runtime_v1_TokenLogprob__Output } from './sluice/runtime/v1/TokenLogprob.ts';
import type { TokenizeRequest as _sluice_runtime_v1_TokenizeRequest, TokenizeRequest__Output as _sluice_runtime_v1_TokenizeRequest__Output } from './sluice/runtime/v1/TokenizeRequest.ts';
import type { TokenizeResponse as _sluice_runtime_v1_TokenizeResponse, TokenizeResponse__Output as _sluice_runtime_v1_TokenizeResponse__Output } from './sluice/runtime/v1/TokenizeResponse.ts';
import type { ToolCallDelta as _sluice_runtime_v1_ToolCallDelta, ToolCallDelta__Output as _sluice_runtime_v1_ToolCallDelta__Output } from './sluice/runtime/v1/ToolCallDelta.ts';
import type { UnloadModelRequest as _sluice_runtime_v1_UnloadModelRequest, UnloadModelRequest__Output as _sluice_runtime_v1_UnloadModelRequest__Output } from './sluice/runtime/v1/UnloadModelRequest.ts';
import type { Usage as _sluice_runtime_v1_Usage, Usage__Output as _sluice_runtime_v1_Usage__Output } from './sluice/runtime/v1/Usage.ts';
import type { WatchStatusRequest as _sluice_runtime_v1_WatchStatusRequest, WatchStatusRequest__Output as _sluice_runtime_v1_WatchStatusRequest__Output } from './sluice/runtime/v1/WatchStatusRequest.ts';
import type { WorkerStatus as _sluice_runtime_v1_WorkerStatus, WorkerStatus__Output as _sluice_runtime_v1_WorkerStatus__Output } from './sluice/runtime/v1/WorkerStatus.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sluice: {
    runtime: {
      v1: {
        AbandonRequest: MessageTypeDefinition<_sluice_runtime_v1_AbandonRequest, _sluice_runtime_v1_AbandonRequest__Output>
        AbandonResponse: MessageTypeDefinition<_sluice_runtime_v1_AbandonResponse, _sluice_runtime_v1_AbandonResponse__Output>
        AdapterHead: MessageTypeDefinition<_sluice_runtime_v1_AdapterHead, _sluice_runtime_v1_AdapterHead__Output>
        AdapterState: EnumTypeDefinition
        AdapterStatus: MessageTypeDefinition<_sluice_runtime_v1_AdapterStatus, _sluice_runtime_v1_AdapterStatus__Output>
        Cancel: MessageTypeDefinition<_sluice_runtime_v1_Cancel, _sluice_runtime_v1_Cancel__Output>
        Chat: MessageTypeDefinition<_sluice_runtime_v1_Chat, _sluice_runtime_v1_Chat__Output>
        ChatMessage: MessageTypeDefinition<_sluice_runtime_v1_ChatMessage, _sluice_runtime_v1_ChatMessage__Output>
        ChoiceEnd: MessageTypeDefinition<_sluice_runtime_v1_ChoiceEnd, _sluice_runtime_v1_ChoiceEnd__Output>
        Choices: MessageTypeDefinition<_sluice_runtime_v1_Choices, _sluice_runtime_v1_Choices__Output>
        ClientFrame: MessageTypeDefinition<_sluice_runtime_v1_ClientFrame, _sluice_runtime_v1_ClientFrame__Output>
        Constraint: MessageTypeDefinition<_sluice_runtime_v1_Constraint, _sluice_runtime_v1_Constraint__Output>
        Delta: MessageTypeDefinition<_sluice_runtime_v1_Delta, _sluice_runtime_v1_Delta__Output>
        DeltaDetails: MessageTypeDefinition<_sluice_runtime_v1_DeltaDetails, _sluice_runtime_v1_DeltaDetails__Output>
        DetectWatermarkRequest: MessageTypeDefinition<_sluice_runtime_v1_DetectWatermarkRequest, _sluice_runtime_v1_DetectWatermarkRequest__Output>
        DetectWatermarkResponse: MessageTypeDefinition<_sluice_runtime_v1_DetectWatermarkResponse, _sluice_runtime_v1_DetectWatermarkResponse__Output>
        DetokenizeRequest: MessageTypeDefinition<_sluice_runtime_v1_DetokenizeRequest, _sluice_runtime_v1_DetokenizeRequest__Output>
        DetokenizeResponse: MessageTypeDefinition<_sluice_runtime_v1_DetokenizeResponse, _sluice_runtime_v1_DetokenizeResponse__Output>
        DrainRequest: MessageTypeDefinition<_sluice_runtime_v1_DrainRequest, _sluice_runtime_v1_DrainRequest__Output>
        EmbedRequest: MessageTypeDefinition<_sluice_runtime_v1_EmbedRequest, _sluice_runtime_v1_EmbedRequest__Output>
        EmbedResponse: MessageTypeDefinition<_sluice_runtime_v1_EmbedResponse, _sluice_runtime_v1_EmbedResponse__Output>
        Embedding: MessageTypeDefinition<_sluice_runtime_v1_Embedding, _sluice_runtime_v1_Embedding__Output>
        Failure: MessageTypeDefinition<_sluice_runtime_v1_Failure, _sluice_runtime_v1_Failure__Output>
        FinishReason: EnumTypeDefinition
        Finished: MessageTypeDefinition<_sluice_runtime_v1_Finished, _sluice_runtime_v1_Finished__Output>
        GenerateEvent: MessageTypeDefinition<_sluice_runtime_v1_GenerateEvent, _sluice_runtime_v1_GenerateEvent__Output>
        GenerateRequest: MessageTypeDefinition<_sluice_runtime_v1_GenerateRequest, _sluice_runtime_v1_GenerateRequest__Output>
        GetStatusRequest: MessageTypeDefinition<_sluice_runtime_v1_GetStatusRequest, _sluice_runtime_v1_GetStatusRequest__Output>
        LoadModelRequest: MessageTypeDefinition<_sluice_runtime_v1_LoadModelRequest, _sluice_runtime_v1_LoadModelRequest__Output>
        LogitBias: MessageTypeDefinition<_sluice_runtime_v1_LogitBias, _sluice_runtime_v1_LogitBias__Output>
        ModelStatus: MessageTypeDefinition<_sluice_runtime_v1_ModelStatus, _sluice_runtime_v1_ModelStatus__Output>
        PinModelRequest: MessageTypeDefinition<_sluice_runtime_v1_PinModelRequest, _sluice_runtime_v1_PinModelRequest__Output>
        Ping: MessageTypeDefinition<_sluice_runtime_v1_Ping, _sluice_runtime_v1_Ping__Output>
        ProfileStatus: MessageTypeDefinition<_sluice_runtime_v1_ProfileStatus, _sluice_runtime_v1_ProfileStatus__Output>
        Prompt: MessageTypeDefinition<_sluice_runtime_v1_Prompt, _sluice_runtime_v1_Prompt__Output>
        PutAdapterRequest: MessageTypeDefinition<_sluice_runtime_v1_PutAdapterRequest, _sluice_runtime_v1_PutAdapterRequest__Output>
        Queued: MessageTypeDefinition<_sluice_runtime_v1_Queued, _sluice_runtime_v1_Queued__Output>
        RankRequest: MessageTypeDefinition<_sluice_runtime_v1_RankRequest, _sluice_runtime_v1_RankRequest__Output>
        RankResponse: MessageTypeDefinition<_sluice_runtime_v1_RankResponse, _sluice_runtime_v1_RankResponse__Output>
        RemoveAdapterRequest: MessageTypeDefinition<_sluice_runtime_v1_RemoveAdapterRequest, _sluice_runtime_v1_RemoveAdapterRequest__Output>
        Runtime: SubtypeConstructor<typeof grpc.Client, _sluice_runtime_v1_RuntimeClient> & { service: _sluice_runtime_v1_RuntimeDefinition }
        Sampling: MessageTypeDefinition<_sluice_runtime_v1_Sampling, _sluice_runtime_v1_Sampling__Output>
        ServerFrame: MessageTypeDefinition<_sluice_runtime_v1_ServerFrame, _sluice_runtime_v1_ServerFrame__Output>
        Started: MessageTypeDefinition<_sluice_runtime_v1_Started, _sluice_runtime_v1_Started__Output>
        Stopping: MessageTypeDefinition<_sluice_runtime_v1_Stopping, _sluice_runtime_v1_Stopping__Output>
        Timings: MessageTypeDefinition<_sluice_runtime_v1_Timings, _sluice_runtime_v1_Timings__Output>
        TokenIds: MessageTypeDefinition<_sluice_runtime_v1_TokenIds, _sluice_runtime_v1_TokenIds__Output>
        TokenLogprob: MessageTypeDefinition<_sluice_runtime_v1_TokenLogprob, _sluice_runtime_v1_TokenLogprob__Output>
        TokenizeRequest: MessageTypeDefinition<_sluice_runtime_v1_TokenizeRequest, _sluice_runtime_v1_TokenizeRequest__Output>
        TokenizeResponse: MessageTypeDefinition<_sluice_runtime_v1_TokenizeResponse, _sluice_runtime_v1_TokenizeResponse__Output>
        ToolCallDelta: MessageTypeDefinition<_sluice_runtime_v1_ToolCallDelta, _sluice_runtime_v1_ToolCallDelta__Output>
        ToolChoice: EnumTypeDefinition
        UnloadModelRequest: MessageTypeDefinition<_sluice_runtime_v1_UnloadModelRequest, _sluice_runtime_v1_UnloadModelRequest__Output>
        Usage: MessageTypeDefinition<_sluice_runtime_v1_Usage, _sluice_runtime_v1_Usage__Output>
        WatchStatusRequest: MessageTypeDefinition<_sluice_runtime_v1_WatchStatusRequest, _sluice_runtime_v1_WatchStatusRequest__Output>
        WorkerState: EnumTypeDefinition
        WorkerStatus: MessageTypeDefinition<_sluice_runtime_v1_WorkerStatus, _sluice_runtime_v1_WorkerStatus__Output>
      }
    }
  }
}

