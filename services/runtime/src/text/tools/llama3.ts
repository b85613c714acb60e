import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { readCall, skipMarker } from './call-reader.ts';
import { JsonCallReader } from './json-call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const TAG = '<|python_tag|>';

/**
 * `{"name": …, "parameters": {…}}`: Llama 3.1 to 3.3, as the whole answer or after a tag. Llama writes no list of calls, but
 * where it makes several, they follow each other, most often after a semicolon.
 */
export const llama3: ToolSyntax = {
  markup: [TAG],
  framesAnswers: false,
  start: (tools) => {
    const content: AnswerState = contentUntil([TAG], () => call(TAG));
    const call = (markup: string): AnswerState =>
      readCall(new JsonCallReader({ tools, isBare: markup === '' }), { markup, onDone: skipMarker([';', ','], first), onBroken: content });
    const first: AnswerState = (input) => {
      const text = input.rest.trimStart();
      if (text === '' && !input.isEnd) return undefined;
      return text.startsWith('{') ? call('') : content;
    };
    return first;
  },
  forced: {
    begin: '',
    end: '',
    between: undefined,
    before: (name) => [`{"name": ${JSON.stringify(name)}, "parameters": `],
    after: '}',
  },
};
