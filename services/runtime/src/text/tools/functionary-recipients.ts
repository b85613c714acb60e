import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil, onlyContent } from '../answer/text-until.ts';
import { ArgumentsReader } from './arguments-reader.ts';
import { readCall } from './call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const BEGIN = '>>>';
/** Whoever reads the answer. */
const ALL = 'all\n';

/** `>>>all\n` before content and `>>>name\n{…}` for a call: Functionary 3.2. The prompt ends with the first `>>>`. */
export const functionaryRecipients: ToolSyntax = {
  markup: [],
  framesAnswers: true,
  contentBegin: ALL,
  start: (tools) => {
    const recipients = [ALL, ...[...tools].map((name) => `${name}\n`)];
    const content: AnswerState = contentUntil(
      recipients.map((recipient) => BEGIN + recipient),
      (marker) => to(marker.slice(BEGIN.length), BEGIN),
    );
    const to = (recipient: string, before: string): AnswerState => {
      if (recipient === ALL) return content;
      const reader = new ArgumentsReader(recipient.trimEnd());
      return readCall(reader, { markup: before + recipient, onDone: content, onBroken: content });
    };
    return (input) => {
      const { rest } = input;
      const recipient = recipients.find((each) => rest.startsWith(each));
      if (recipient !== undefined) return to(input.take(recipient.length), '');
      if (!input.isEnd && recipients.some((each) => each.startsWith(rest))) return undefined;
      return tools.size === 0 ? onlyContent : content;
    };
  },
  forced: { begin: '', end: '', between: BEGIN, before: (name) => [`${name}\n`], after: '' },
};
