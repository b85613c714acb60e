import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { TokenLogprob__Output } from '@sluice/proto/v1/TokenLogprob';
import type { ToolCallDelta__Output } from '@sluice/proto/v1/ToolCallDelta';
import type { StopReason } from './stop-reason.ts';

/** One answer, as far as it has come. */
export type AnswerChoice = {
  text: string;
  reasoning: string;
  readonly toolCalls: AnswerToolCall[];
  readonly logprobs: TokenLogprob__Output[];
  /** Undefined until it has ended by itself. */
  reason: StopReason | undefined;
};

export type FinishedChoice = AnswerChoice & { readonly reason: StopReason };

type AnswerToolCall = { id: string; name: string; arguments: string };

/** Puts answers together from what comes of them. However they were cut into deltas, the same comes out. */
export class AnswerChoices {
  readonly #choices: AnswerChoice[] = [];

  /** Those of which something came, and those before them. */
  get all(): readonly AnswerChoice[] {
    return Array.from(this.#choices, (_, index) => this.#at(index));
  }

  /** So many answers, in order; one of which nothing came is empty. Those whose end was not told ended for `reason`. */
  finish(count: number, reason: StopReason): readonly FinishedChoice[] {
    return Array.from({ length: count }, (_, index) => {
      const choice = this.#at(index);
      return Object.assign(choice, { reason: choice.reason ?? reason });
    });
  }

  delta(text: string, index: number): void {
    this.#at(index).text += text;
  }

  detailed(text: string, index: number, { reasoning, toolCalls, logprobs }: DeltaDetails__Output): void {
    const choice = this.#at(index);
    choice.text += text;
    choice.reasoning += reasoning;
    for (const call of toolCalls) addToolCall(choice.toolCalls, call);
    choice.logprobs.push(...logprobs);
  }

  choiceEnd(index: number, reason: StopReason): void {
    this.#at(index).reason = reason;
  }

  #at(index: number): AnswerChoice {
    return (this.#choices[index] ??= { text: '', reasoning: '', toolCalls: [], logprobs: [], reason: undefined });
  }
}

function addToolCall(calls: AnswerToolCall[], { index, id, name, arguments: piece }: ToolCallDelta__Output): void {
  const call = (calls[index] ??= { id: '', name: '', arguments: '' });
  call.id += id;
  call.name += name;
  call.arguments += piece;
}
