import type { AnswerState } from '../answer/answer-state.ts';
import { ArgumentsReader } from './arguments-reader.ts';
import { readCall } from './call-reader.ts';

export type HeadedCallOptions = {
  /** Each has the name as its group, and ends before the brace of the arguments. */
  readonly heads: readonly RegExp[];
  readonly tools: ReadonlySet<string>;
  /** What was taken before, and is content where no call follows. */
  readonly markup: string;
  readonly onDone: AnswerState;
  readonly onBroken: AnswerState;
};

/** Longer is no head. */
const HEAD_LENGTH_MAX = 300;

/** A call with its name before its arguments, in a head of a few words. */
export function readHeadedCall({ heads, tools, markup, onDone, onBroken }: HeadedCallOptions): AnswerState {
  return (input, out) => {
    const text = input.rest.slice(0, HEAD_LENGTH_MAX);
    for (const head of heads) {
      const [taken, name] = head.exec(text) ?? [];
      if (taken === undefined || name === undefined || !tools.has(name)) continue;
      const before = markup + input.take(taken.length);
      return readCall(new ArgumentsReader(name), { markup: before, onDone, onBroken });
    }
    if (!input.isEnd && text.length < HEAD_LENGTH_MAX && !text.includes('{')) return undefined;
    out.content(markup);
    return onBroken;
  };
}
