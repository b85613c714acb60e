import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { skipMarker } from './call-reader.ts';
import { readHeadedCall } from './headed-call.ts';
import type { ForcedCalls, ToolSyntax } from './tool-syntax.ts';

const CALLS = '<｜tool▁calls▁begin｜>';
const CALLS_END = '<｜tool▁calls▁end｜>';
const CALL = '<｜tool▁call▁begin｜>';
const CALL_END = '<｜tool▁call▁end｜>';
const SEPARATOR = '<｜tool▁sep｜>';

/** V3 and R1 say `function` first, then the name on a line of its own, then a code block. V3.1 has the name first. */
const HEADS = [
  new RegExp(`^\\s*function\\s*${SEPARATOR}\\s*([\\w.-]+)\\s*(?:\`\`\`(?:json)?\\s*)?(?=\\{)`),
  new RegExp(`^\\s*([\\w.-]+)\\s*${SEPARATOR}\\s*(?=\\{)`),
];

/** DeepSeek V3, R1 and V3.1: one call after the other, between markers of their own. */
export function createDeepseek(template: string): ToolSyntax {
  return {
    markup: [CALLS, CALLS_END, CALL, CALL_END, SEPARATOR],
    framesAnswers: false,
    start: (tools) => {
      const content: AnswerState = contentUntil([CALLS, CALL], (marker) => (marker === CALLS ? firstCall : call(CALL)));
      const firstCall: AnswerState = (input, out) => {
        const text = input.rest.trimStart();
        if (text.startsWith(CALL)) return call(CALLS + input.takeSpace() + input.take(CALL.length));
        if (!input.isEnd && CALL.startsWith(text)) return undefined;
        out.content(CALLS);
        return content;
      };
      const afterCall = skipMarker(['```'], skipMarker([CALL_END], skipMarker([CALLS_END], content)));
      const call = (markup: string): AnswerState => readHeadedCall({ heads: HEADS, tools, markup, onDone: afterCall, onBroken: content });
      return content;
    },
    forced: template.includes('```json') ? FORCED_V3 : FORCED_V31,
  };
}

const FORCED_V3: ForcedCalls = {
  begin: CALLS,
  end: CALLS_END,
  between: '\n',
  before: (name) => [`${CALL}function${SEPARATOR}${name}\n\`\`\`json\n`],
  after: `\n\`\`\`${CALL_END}`,
};

const FORCED_V31: ForcedCalls = {
  begin: CALLS,
  end: CALLS_END,
  between: '',
  before: (name) => [`${CALL}${name}${SEPARATOR}`],
  after: CALL_END,
};
