import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { ArgumentsReader } from './arguments-reader.ts';
import { readCall, skipMarker } from './call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const END = '</function>';

/** `<function=name>{…}</function>`: Functionary 3.1, and Llama 3 with that prompt. */
export const functionaryTags: ToolSyntax = {
  markup: [],
  framesAnswers: false,
  start: (tools) => {
    const nameOf = new Map([...tools].map((name) => [begin(name), name]));
    const content: AnswerState = contentUntil([...nameOf.keys()], (marker) => {
      const reader = new ArgumentsReader(nameOf.get(marker) ?? '');
      return readCall(reader, { markup: marker, onDone: skipMarker([END], content), onBroken: content });
    });
    return content;
  },
  forced: { begin: '', end: '', between: '', before: (name) => [begin(name)], after: END },
};

function begin(name: string): string {
  return `<function=${name}>`;
}
