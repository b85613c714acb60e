import type { AnswerState } from '../answer/answer-state.ts';
import { contentUntil } from '../answer/text-until.ts';
import { readCallList } from './call-list.ts';
import { readHeadedCall } from './headed-call.ts';
import type { ForcedCalls, ToolSyntax } from './tool-syntax.ts';

const BEGIN = '[TOOL_CALLS]';
const ID = '[CALL_ID]';
const ARGUMENTS = '[ARGS]';
/** A name, perhaps an id of the model's own, and what comes before the arguments. */
const HEAD = /^\s*([\w.-]+)\s*(?:\[CALL_ID\]\w*)?(?:\[ARGS\]\s*)?(?=\{)/;

/** `[TOOL_CALLS][{"name": …, "arguments": {…}}]`, and since Mistral Small 3.1 `[TOOL_CALLS]name[ARGS]{…}`. */
export function createMistral(template: string): ToolSyntax {
  return {
    markup: [BEGIN, ID, ARGUMENTS],
    framesAnswers: false,
    start: (tools) => {
      const content: AnswerState = contentUntil([BEGIN], () => call);
      const call: AnswerState = (input) => {
        const text = input.rest.trimStart();
        if (text === '' && !input.isEnd) return undefined;
        if (!text.startsWith('[')) return readHeadedCall({ heads: [HEAD], tools, markup: BEGIN, onDone: content, onBroken: content });
        const markup = BEGIN + input.takeSpace() + input.take(1);
        return readCallList(tools, { markup, onDone: content, onBroken: content });
      };
      return content;
    },
    forced: template.includes(ARGUMENTS) ? forcedByName(template.includes(ID)) : FORCED_LIST,
  };
}

const FORCED_LIST: ForcedCalls = {
  begin: `${BEGIN}[`,
  end: ']',
  between: ', ',
  before: (name) => [`{"name": ${JSON.stringify(name)}, "arguments": `],
  after: '}',
};

function forcedByName(hasIds: boolean): ForcedCalls {
  return {
    begin: '',
    end: '',
    between: '',
    before: (name) => (hasIds ? [BEGIN + name + ID, { lettersOrDigits: 9 }, ARGUMENTS] : [BEGIN + name + ARGUMENTS]),
    after: '',
  };
}
