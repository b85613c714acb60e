import { Fault } from '@sluice/platform/fault';
import type { ChatMessage } from './chat-history.ts';
import type { Tool } from './tools/tool-list.ts';

/** A conversation that the model is to continue. */
export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  /** In OpenAI's form. */
  readonly tools: unknown;
  readonly toolChoice?: 'AUTO' | 'NONE' | 'REQUIRED' | 'NAMED';
  /** The tool to call, when one is named. */
  readonly toolName?: string;
  readonly hasParallelCalls?: boolean;
  readonly reasoningTokensMax?: number | undefined;
  /** More variables for the template. */
  readonly extra: Record<string, unknown>;
};

/** What the model may do with its tools. */
export type ToolUse = {
  /** What it is told of. */
  readonly shown: readonly Tool[];
  /** What it has to call one of; empty where it may as well call none. */
  readonly forced: readonly Tool[];
  readonly callsMax: number;
};

/** More calls in one answer are a model that goes in circles. */
const CALLS_MAX = 64;

/** Throws a Fault for a choice that the tools do not leave. */
export function decideToolUse(
  tools: readonly Tool[],
  { toolChoice = 'AUTO', toolName = '', hasParallelCalls = true }: ChatRequest,
): ToolUse {
  const callsMax = hasParallelCalls ? CALLS_MAX : 1;
  switch (toolChoice) {
    case 'AUTO':
      return { shown: tools, forced: [], callsMax };
    case 'NONE':
      return { shown: [], forced: [], callsMax };
    case 'REQUIRED':
      if (tools.length === 0) throw invalidChoice('`tool_choice` is `required`, but there are no `tools`.');
      return { shown: tools, forced: tools, callsMax };
    case 'NAMED': {
      const named = tools.filter(({ name }) => name === toolName);
      if (named.length === 0) throw invalidChoice(`\`tool_choice\` names the function \`${toolName}\`, which is not among the \`tools\`.`);
      return { shown: tools, forced: named, callsMax: 1 };
    }
    default:
      return toolChoice satisfies never;
  }
}

function invalidChoice(message: string): Fault {
  return new Fault('INVALID_VALUE', { message, param: 'tool_choice' });
}
