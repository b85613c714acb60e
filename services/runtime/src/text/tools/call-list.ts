import type { AnswerState } from '../answer/answer-state.ts';
import { readCall, skipMarker } from './call-reader.ts';
import { JsonCallReader } from './json-call-reader.ts';

/** Calls as a JSON array, from after its `[` on. Markup is what is content where the array begins with something else. */
export function readCallList(tools: ReadonlySet<string>, to: { markup: string; onDone: AnswerState; onBroken: AnswerState }): AnswerState {
  const item = (markup: string): AnswerState =>
    readCall(new JsonCallReader({ tools, isBare: false }), { markup, onDone: next, onBroken: to.onBroken });
  const next: AnswerState = (input) => {
    input.takeSpace();
    if (input.rest === '') return undefined;
    if (!input.rest.startsWith(',')) return skipMarker([']'], to.onDone);
    return item(input.take(1));
  };
  return item(to.markup);
}
