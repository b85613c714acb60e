import type { AnswerInput } from '../answer/answer-input.ts';
import type { AnswerState } from '../answer/answer-state.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';

/** Reads one call, and tells it as soon as it is certain to be one. */
export type CallReader = {
  /** Takes what belongs to the call: `more` when the text ends before it, `broken` when it is none. */
  read(input: AnswerInput, out: AnswerWriter): 'more' | 'done' | 'broken';
  /** What was taken without telling a call; empty once it is told. */
  readonly untold: string;
  readonly isTold: boolean;
};

/** Reads a call. What only looked like one is content, with the markup that stood before it. */
export function readCall(reader: CallReader, to: { markup: string; onDone: AnswerState; onBroken: AnswerState }): AnswerState {
  return (input, out) => {
    const outcome = reader.read(input, out);
    if (outcome === 'more' && !input.isEnd) return undefined;
    if (reader.isTold) out.endCall();
    else out.content(to.markup + reader.untold);
    return outcome === 'done' ? to.onDone : to.onBroken;
  };
}

/** Takes white space and then the first of the markers that stands there. Goes on without when there is none. */
export function skipMarker(markers: readonly string[], next: AnswerState): AnswerState {
  return (input) => {
    const text = input.rest.trimStart();
    const found = markers.find((marker) => text.startsWith(marker));
    if (found !== undefined) {
      input.takeSpace();
      input.take(found.length);
      return next;
    }
    return !input.isEnd && markers.some((marker) => marker.startsWith(text)) ? undefined : next;
  };
}
