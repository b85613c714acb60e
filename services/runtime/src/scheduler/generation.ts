import type { Fault } from '@sluice/platform/fault';
import type { Adapter, SamplerParams } from '../engine/engine.ts';

/** What a caller asks of the scheduler: token ids in, events out. */
export type GenerationRequest = {
  readonly prompt: Uint32Array;
  readonly sampling: SamplerParams;
  /** Output tokens at most; undefined means what the context holds. */
  readonly maxTokens: number | undefined;
  /** Prompt and output together at most: what the caller's quota still pays for. Undefined means no such bound. */
  readonly totalTokensMax: number | undefined;
  readonly minTokens: number;
  readonly stopTokenIds: ReadonlySet<number>;
  readonly ignoreEos: boolean;
  /** Larger goes first, and every second of waiting counts as one more. */
  readonly priority: number;
  readonly queueTimeoutMs: number;
  /** Computes with these weights added to the model's own. */
  readonly adapter?: Adapter | undefined;
  /** The gateway's names for beginnings of the prompt, shortest first. */
  readonly prefixDigests?: readonly number[];
  /** Output tokens that several generations share. */
  readonly allowance?: Allowance;
  /** The prompt's own text, which comes before the answer. */
  readonly echo?: Echo | undefined;
  /** By token id, for those who want logprobs. */
  readonly tokenBytes?: readonly Uint8Array[];
  /** Where not anything may be said. */
  readonly form?: OutputForm | undefined;
  readonly text: TextSink;
  readonly outlet: Outlet;
};

/** What the whole output must be, as its sampler's grammar holds it. */
export type OutputForm = {
  /** Where the request says so. */
  readonly param: string;
  /** What a stop string or a stop token cuts has lost it, and so ends as what is too long does. */
  readonly isLostByStops: boolean;
};

export type Echo = {
  readonly text: string;
  /** Log probabilities of the prompt's tokens, and of so many of the likeliest; undefined for none. */
  readonly logprobs: number | undefined;
};

/** Takes a token; false when none is left. */
export type Allowance = { take(): boolean };

/** Turns output tokens into what the client is told. */
export type TextSink = {
  push(token: number): OutputPiece;
  /** What was held back, once no more tokens come. */
  flush(): OutputPiece;
  /** How many of the pushed tokens were the model's thoughts. */
  readonly reasoningTokens?: number;
  /** How many tokens it takes at least, the last of them included, before it may force others; undefined where it never does. */
  readonly tokensUntilForced?: number | undefined;
  /** The control tokens that mean something to it, as they are written; all others leave no trace. */
  readonly markup?: ReadonlyMap<number, string>;
};

/** What one token, or the end, adds to an answer. */
export type OutputPiece = {
  readonly text: string;
  /** The stop string that ends the generation, when one does. */
  readonly match: string | undefined;
  /** What the model thinks before it answers. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallPiece[];
  /** Tokens that follow whatever the model would say, such as the end of its reasoning. */
  readonly forcedTokens?: readonly number[];
  /** The answer is complete although the model has not said so, e.g. after the one call it may make. */
  readonly isComplete?: boolean;
};

/** The first piece of a call has its id and name, the next ones more of its arguments. */
export type ToolCallPiece = { readonly index: number; readonly id?: string; readonly name?: string; readonly arguments: string };

/** Where a generation's events go. `emit` must not block or throw; `flush` is called once after each step that emitted. */
export type Outlet = {
  emit(event: GenerationEvent): void;
  flush(step: number): void;
};

export type GenerationEvent =
  /** So many requests go before this one. */
  | { readonly kind: 'queued'; readonly position: number }
  /** `profile`, here and at the end, is the one that filled in what the request left unset. */
  | { readonly kind: 'started'; readonly promptTokens: number; readonly slot: number; readonly profile?: string }
  | ({ readonly kind: 'delta'; readonly text: string; readonly tokenIds: readonly number[] } & DeltaDetails)
  /** One of several answers is complete. */
  | { readonly kind: 'choiceEnd'; readonly index: number; readonly reason: FinishReason; readonly stopMatch: string }
  | ({ readonly kind: 'finished'; readonly reason: FinishReason; readonly stopMatch: string; readonly profile?: string } & Outcome)
  | ({ readonly kind: 'failed'; readonly fault: Fault } & Outcome);

export type DeltaDetails = {
  /** Which of several answers it belongs to; 0 when left out. */
  readonly index?: number;
  /** The text is the prompt's. */
  readonly isEcho?: boolean;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallPiece[];
  /** One for each token id, where they were asked for. */
  readonly logprobs?: readonly (LogprobOfToken & { readonly top: readonly LogprobOfToken[] })[];
};

export type LogprobOfToken = {
  readonly tokenId: number;
  /** Natural logarithm; undefined for a token that nothing predicts. */
  readonly logprob: number | undefined;
  readonly bytes: Uint8Array;
};

export type FinishReason = 'EOS' | 'LENGTH' | 'STOP_STRING' | 'STOP_TOKEN' | 'CANCELLED' | 'CONTEXT_FULL' | 'TOOL_CALLS';

export type Outcome = { readonly usage: Usage; readonly timings: Timings; readonly seed: number };

export type Usage = {
  readonly promptTokens: number;
  /** Of the prompt, found in a KV cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens?: number;
  /** Guessed ahead, and how many of those the model confirmed. */
  readonly draftTokens?: number;
  readonly acceptedDraftTokens?: number;
};

/** All from the scheduler's own clock; undefined where the generation did not get that far. */
export type Timings = {
  readonly queuedMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly firstTokenMs: number | undefined;
};
