import { AnswerSplitter } from '../text/answer/answer-splitter.ts';
import type { AnswerState } from '../text/answer/answer-state.ts';
import { AnswerWriter } from '../text/answer/answer-writer.ts';
import { StopMatcher } from '../text/stop-matcher.ts';
import type { OutputPiece } from '../scheduler/generation.ts';

export type SplitAnswer = {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly match: string | undefined;
  readonly isComplete: boolean;
};

/** What an answer that comes in these pieces is split into. */
export function splitAnswer(
  start: AnswerState,
  pieces: readonly string[],
  { callsMax = 64, stop = [] as readonly string[], expectsCalls = true } = {},
): SplitAnswer {
  const stops = new StopMatcher(stop, false);
  const splitter = new AnswerSplitter(start, new AnswerWriter({ stops, callsMax, expectsCalls }));
  const outputs: OutputPiece[] = [];
  for (const piece of pieces) {
    const output = splitter.push(piece);
    outputs.push(output);
    if (output.match !== undefined || output.isComplete) return gather(outputs);
  }
  return gather([...outputs, splitter.flush()]);
}

/** The pieces of one answer as a client puts them together. */
export function gather(outputs: readonly OutputPiece[]): SplitAnswer {
  const calls: { name: string; arguments: string }[] = [];
  const ids = new Set<string>();
  for (const { index, id, name, arguments: more } of outputs.flatMap(({ toolCalls }) => toolCalls ?? [])) {
    if (id !== undefined) ids.add(id);
    const call = calls[index];
    if (name !== undefined && index === calls.length) calls.push({ name, arguments: more });
    else if (call && name === undefined && id === undefined) call.arguments += more;
    else throw new Error(`a piece of call ${index} is out of place`);
  }
  if (ids.size !== calls.length) throw new Error('calls without an id of their own');
  return {
    content: outputs.map(({ text }) => text).join(''),
    reasoning: outputs.map(({ reasoning }) => reasoning ?? '').join(''),
    calls,
    match: outputs.findLast(({ match }) => match !== undefined)?.match,
    isComplete: outputs.some(({ isComplete }) => isComplete),
  };
}

/** Cuts a text at pseudo-random places. */
export function cutText(text: string, seed: number, lengthMax = 5): string[] {
  const pieces: string[] = [];
  for (let at = 0, state = seed; at < text.length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const length = 1 + (Math.floor(state / 65_536) % lengthMax);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
