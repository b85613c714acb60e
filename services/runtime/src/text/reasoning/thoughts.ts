import type { AnswerState } from '../answer/answer-state.ts';
import { textUntil } from '../answer/text-until.ts';
import type { ThoughtMarks } from './thought-marks.ts';

/** An answer that may begin with thoughts. `isOpen` where the prompt has begun them already. */
export function thoughtsBefore(answer: AnswerState, marks: ThoughtMarks, isOpen: boolean): AnswerState {
  const inside = textUntil(
    [marks.end],
    (out, text) => out.reasoning(text),
    (_marker, out) => {
      out.endReasoning();
      return answer;
    },
  );
  const begin: AnswerState = (_input, out) => {
    out.beginReasoning();
    return inside;
  };
  if (isOpen) return begin;
  return (input) => {
    const text = input.rest.trimStart();
    if (text.startsWith(marks.begin)) {
      input.takeSpace();
      input.take(marks.begin.length);
      return begin;
    }
    return !input.isEnd && marks.begin.startsWith(text) ? undefined : answer;
  };
}
