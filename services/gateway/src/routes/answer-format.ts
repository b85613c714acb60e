import type { Fault } from '@sluice/platform/fault';
import type { StopReason } from '../inference/generation-result.ts';
import type { TokenUsage } from '../inference/token-usage.ts';

export const DONE = 'data: [DONE]\n\n';

/** How one API writes an answer: whole, or as the events of a stream. Every text is complete, ready for the socket. */
export type AnswerFormat = {
  readonly streamContentType: string;
  whole(answer: { text: string; reason: StopReason; usage: TokenUsage }): string;
  /** The events before the first token. */
  opening(): string;
  delta(text: string): string;
  /** The events after the last token, without `[DONE]`. */
  closing(end: { reason: StopReason; usage: TokenUsage }): string;
  /** An error after the stream has begun, without `[DONE]`. */
  failure(fault: Fault): string;
};

export type AnswerHead = {
  /** The request id without its prefix, so that an answer's id leads to its log line. */
  readonly idSuffix: string;
  readonly createdUnixS: number;
  readonly model: string;
  /** The stream ends with a chunk of its own for the usage. */
  readonly includesUsage: boolean;
};
