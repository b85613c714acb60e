import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { readCallList } from './call-list.ts';
import { readCall, skipMarker } from './call-reader.ts';
import { JsonCallReader } from './json-call-reader.ts';
import type { ToolSyntax } from './tool-syntax.ts';

const TAGS = ['<|tool_call|>', '<|tool_calls|>'];
const END_TAGS = ['<|/tool_call|>', '<|/tool_calls|>'];
const WORD = 'functools';

/** `<|tool_call|>[{"name": …, "arguments": {…}}]<|/tool_call|>` or `functools[…]`: Phi-4-mini, Granite 3, Firefunction. */
export function createPhi(template: string): ToolSyntax {
  const begin = template.includes(WORD) ? WORD : '<|tool_call|>';
  return {
    markup: [...TAGS, ...END_TAGS],
    framesAnswers: false,
    start: (tools) => {
      const content: AnswerState = contentUntil([...TAGS, `${WORD}[`], (marker) =>
        marker.endsWith('[') ? list(marker) : listOrCall(marker),
      );
      const after = skipMarker(END_TAGS, content);
      const list = (markup: string): AnswerState => readCallList(tools, { markup, onDone: after, onBroken: content });
      const listOrCall =
        (markup: string): AnswerState =>
        (input) => {
          const text = input.rest.trimStart();
          if (text === '' && !input.isEnd) return undefined;
          const space = input.takeSpace();
          if (text.startsWith('[')) return list(markup + space + input.take(1));
          const reader = new JsonCallReader({ tools, isBare: false });
          return readCall(reader, { markup: markup + space, onDone: after, onBroken: content });
        };
      return content;
    },
    forced: {
      begin: `${begin}[`,
      end: begin === WORD ? ']' : `]${END_TAGS[0]}`,
      between: ', ',
      before: (name) => [`{"name": ${JSON.stringify(name)}, "arguments": `],
      after: '}',
    },
  };
}
