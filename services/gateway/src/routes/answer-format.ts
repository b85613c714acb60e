import type { Fault } from '@sluice/platform/fault';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { FinishedChoice } from '../inference/answer-choices.ts';
import type { StopReason } from '../inference/stop-reason.ts';
import type { TokenUsage } from '../inference/token-usage.ts';

export const DONE = 'data: [DONE]\n\n';

/** How one API writes an answer: whole, or as the events of a stream. Every text is complete, ready for the socket. */
export type AnswerFormat = {
  readonly streamContentType: string;
  whole(answer: WholeAnswer): string;
  /** The events before the first token. */
  opening(): string;
  delta(text: string, index: number): string;
  /** Empty when there is nothing in it that this API tells. */
  detailed(text: string, index: number, details: DeltaDetails__Output): string;
  /** The last event of one choice, while others go on. */
  choiceEnd(index: number, reason: StopReason): string;
  /** The events after the last token, without `[DONE]`: the last one of each choice that is named, then the usage where it was asked for. */
  closing(end: AnswerEnd): string;
  /** An error after the stream has begun, without `[DONE]`. */
  failure(fault: Fault): string;
};

type Ended = {
  readonly usage: TokenUsage;
  /** Empty when none filled anything in. */
  readonly profile: string;
};

type WholeAnswer = Ended & { readonly choices: readonly FinishedChoice[] };

export type AnswerEnd = Ended & { readonly ends: readonly { readonly index: number; readonly reason: StopReason }[] };

export type AnswerHead = {
  /** The request id without its prefix, so that an answer's id leads to its log line. */
  readonly idSuffix: string;
  readonly createdUnixS: number;
  readonly model: string;
  /** How many choices there will be. */
  readonly choices: number;
  readonly hasLogprobs: boolean;
  /** The stream ends with a chunk of its own for the usage. */
  readonly includesUsage: boolean;
};

/** What only Sluice tells stands under its own name, and only where there is something to tell. */
export function ownFields(profile: string): { readonly sluice?: { readonly profile: string } } {
  return profile === '' ? {} : { sluice: { profile } };
}

/** The same, for the head of an answer. */
export function profileHeader(profile: string): { readonly 'x-sluice-profile'?: string } {
  return profile === '' ? {} : { 'x-sluice-profile': profile };
}
