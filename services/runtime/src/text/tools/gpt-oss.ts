import type { AnswerState } from '../answer/answer-state.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';
import { contentUntil, textUntil } from '../answer/text-until.ts';
import { ArgumentsReader } from './arguments-reader.ts';
import { readCall, skipMarker } from './call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const START = '<|start|>';
const CHANNEL = '<|channel|>';
const CONSTRAIN = '<|constrain|>';
const MESSAGE = '<|message|>';
const ENDS = ['<|end|>', '<|call|>', '<|return|>', START];
const ROLE = 'assistant';
const FINAL = `${CHANNEL}final${MESSAGE}`;
/** How a header can begin: the prompt ends where the first one does. */
const HEADER_BEGINNINGS = [CHANNEL, 'to=', START];
/** Longer is no header. */
const HEADER_LENGTH_MAX = 300;
const RECIPIENT = /\bto=functions\.([\w.-]+)/;
const ANALYSIS = /<\|channel\|>\s*analysis\b/;

/**
 * Harmony, the format of gpt-oss: messages with a header that says the channel and, for a call, the recipient. What is said
 * on the channel `analysis` are thoughts, a message to `functions.name` is a call, all else is content.
 */
export const gptOss: ToolSyntax = {
  markup: [CHANNEL, CONSTRAIN, MESSAGE, ...ENDS],
  framesAnswers: true,
  contentBegin: FINAL,
  // It may still call something; when it thinks again instead, it has to answer.
  endsOfThoughts: [`<|end|>${START}${ROLE}`, `<|end|>${START}${ROLE}${FINAL}`],
  start: (tools) => {
    const header: AnswerState = (input, out) => {
      const text = input.rest.slice(0, HEADER_LENGTH_MAX);
      const begun = text.trimStart();
      if (!HEADER_BEGINNINGS.some((beginning) => begun.startsWith(beginning) || beginning.startsWith(begun))) return content;
      const length = text.indexOf(MESSAGE);
      if (length >= 0) return body(input.take(length + MESSAGE.length), out);
      if (text.length === HEADER_LENGTH_MAX) return content;
      // A header that was cut off says nothing.
      if (input.isEnd) input.take(text.length);
      return undefined;
    };
    const body = (head: string, out: AnswerWriter): AnswerState => {
      const name = RECIPIENT.exec(head)?.[1];
      if (name !== undefined && tools.has(name)) {
        return readCall(new ArgumentsReader(name), { markup: '', onDone: afterCall, onBroken: content });
      }
      if (!ANALYSIS.test(head)) return content;
      out.beginReasoning();
      return thoughts;
    };
    const thoughts = textUntil(
      ENDS,
      (out, text) => out.reasoning(text),
      (marker, out) => {
        out.endReasoning();
        return afterEnd(marker);
      },
    );
    const content = contentUntil(ENDS, (marker) => afterEnd(marker));
    const afterCall: AnswerState = (input) => {
      const end = ENDS.find((marker) => input.rest.startsWith(marker));
      if (end !== undefined) return afterEnd(input.take(end.length));
      return !input.isEnd && ENDS.some((marker) => marker.startsWith(input.rest)) ? undefined : content;
    };
    const role = skipMarker([ROLE], header);
    const afterEnd = (marker: string): AnswerState => (marker === START ? role : skipMarker([START], role));
    return header;
  },
  forced: {
    begin: '',
    end: '',
    between: undefined,
    before: (name) => [`${CHANNEL}commentary to=functions.${name} ${CONSTRAIN}json${MESSAGE}`],
    after: '',
    thoughts: { begin: `${CHANNEL}analysis${MESSAGE}`, end: `<|end|>${START}${ROLE}` },
  },
};
