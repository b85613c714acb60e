import { Fault } from '@sluice/platform/fault';
import type { Chat } from '@sluice/proto/v1/Chat';
import { z } from 'zod';
import { boundedArray } from '../bounded-array.ts';
import { anyObject, identifier, text } from '../scalars.ts';

/** OpenAI's bound. */
const TOOLS_MAX = 128;
const DESCRIPTION_LENGTH_MAX = 16_384;
/** All of it stands in the prompt. */
const TOOLS_LENGTH_MAX = 262_144;

const tool = z.strictObject({
  type: z.enum(['function']),
  function: z.strictObject({
    name: identifier(),
    description: text(DESCRIPTION_LENGTH_MAX).nullish(),
    parameters: anyObject().nullish(),
    strict: z.boolean().nullish(),
  }),
});

const namedChoice = z.strictObject({ type: z.enum(['function']), function: z.strictObject({ name: identifier() }) });

export const toolParameters = {
  tools: boundedArray(tool, { max: TOOLS_MAX, of: 'objects' }).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), namedChoice]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
} as const;

type ToolParameters = z.infer<z.ZodObject<typeof toolParameters>>;
type ChatTools = Pick<Chat, 'toolsJson' | 'toolChoice' | 'toolName' | 'parallelToolCalls'>;

/** The tools as the worker's template wants them; nothing where there are none. Throws for a choice that they do not allow. */
export function toChatTools({ tools, tool_choice: choice, parallel_tool_calls: isParallel }: ToolParameters): ChatTools {
  const forced = isForcing(choice);
  if (!tools || tools.length === 0) {
    if (forced) throw invalid('tool_choice', "Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.");
    return {};
  }
  const names = tools.map(({ function: { name } }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) throw invalid(`tools[${twice}].function.name`, `Invalid 'tools': two functions have the name '${names[twice]}'.`);
  const chatTools: ChatTools = { toolsJson: toToolsJson(tools) };
  if (choice === 'none') chatTools.toolChoice = 'NONE';
  if (choice === 'required') chatTools.toolChoice = 'REQUIRED';
  if (typeof choice === 'object' && choice !== null) {
    const { name } = choice.function;
    if (!names.includes(name)) {
      throw invalid('tool_choice.function.name', `Invalid value for 'tool_choice': no function named '${name}' was specified in 'tools'.`);
    }
    chatTools.toolChoice = 'NAMED';
    chatTools.toolName = name;
  }
  if (isParallel === false) chatTools.parallelToolCalls = false;
  return chatTools;
}

/** Whether the answer can only be a call. */
export function isForcing(choice: ToolParameters['tool_choice']): boolean {
  return choice === 'required' || (typeof choice === 'object' && choice !== null);
}

/** In one order of keys, so that the same tools make the same prompt. */
function toToolsJson(tools: NonNullable<ToolParameters['tools']>): string {
  const json = JSON.stringify(
    tools.map(({ type, function: { name, description, parameters, strict } }) => ({
      type,
      function: {
        name,
        ...(description ? { description } : {}),
        // Templates look into it.
        parameters: parameters ?? { type: 'object', properties: {} },
        ...(strict ? { strict } : {}),
      },
    })),
  );
  if (json.length <= TOOLS_LENGTH_MAX) return json;
  throw invalid('tools', `Invalid 'tools': all tools together may have at most ${TOOLS_LENGTH_MAX} characters.`);
}

function invalid(param: string, message: string): Fault {
  return new Fault('INVALID_VALUE', { message, param });
}
