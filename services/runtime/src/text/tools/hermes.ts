import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { readCall, skipMarker } from './call-reader.ts';
import { JsonCallReader } from './json-call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const BEGIN = '<tool_call>';
const END = '</tool_call>';

/** `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes 2 and 3, Qwen 2.5 and 3, and many that followed. */
export const hermes: ToolSyntax = {
  markup: [BEGIN, END],
  framesAnswers: false,
  start: (tools) => {
    const content: AnswerState = contentUntil([BEGIN], () =>
      readCall(new JsonCallReader({ tools, isBare: false }), { markup: BEGIN, onDone: skipMarker([END], content), onBroken: content }),
    );
    return content;
  },
  forced: {
    begin: '',
    end: '',
    between: '\n',
    before: (name) => [`${BEGIN}\n{"name": ${JSON.stringify(name)}, "arguments": `],
    after: `}\n${END}`,
  },
};
