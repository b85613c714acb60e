import type { AnswerState } from './answer-state.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { findMarker, unfinishedLength } from './find-marker.ts';

/** Text up to the first marker, which is taken, too. Only what may still become a marker is held back. */
export function textUntil(
  markers: readonly string[],
  write: (out: AnswerWriter, text: string) => void,
  onMarker: (marker: string, out: AnswerWriter) => AnswerState,
): AnswerState {
  return (input, out) => {
    const { rest } = input;
    const found = findMarker(rest, markers);
    if (found) {
      write(out, input.take(found.index));
      input.take(found.marker.length);
      return onMarker(found.marker, out);
    }
    write(out, input.take(rest.length - (input.isEnd ? 0 : unfinishedLength(rest, markers))));
    return undefined;
  };
}

export function contentUntil(markers: readonly string[], onMarker: (marker: string, out: AnswerWriter) => AnswerState): AnswerState {
  return textUntil(markers, (out, text) => out.content(text), onMarker);
}

/** All that follows is content. */
export const onlyContent: AnswerState = (input, out) => {
  out.content(input.take(input.rest.length));
  return undefined;
};
