import type { Json } from '../constraint/json-schema/json.ts';
import type { CallsSource, ConstraintSource, OutputSource, ThoughtsSource } from '../constraint/output-source.ts';
import type { AnswerFormat, AnswerPlan } from './answer-format.ts';
import type { ToolUse } from './chat-request.ts';
import type { Tool } from './tools/tool-list.ts';
import type { ToolSyntax } from './tools/tool-syntax.ts';

type Format = Pick<AnswerFormat, 'syntax' | 'marks'>;

/** What an answer may be as a whole; undefined where it may be anything. With a constraint it may still call the tools there are. */
export function outputSource(
  format: Format,
  { use, plan, constraint }: { use: ToolUse; plan: AnswerPlan; constraint: ConstraintSource | undefined },
): OutputSource | undefined {
  const isForced = use.forced.length > 0;
  if (!isForced && !constraint) return undefined;
  const callable = isForced ? use.forced : use.shown;
  return {
    thoughts: thoughtsOf(format, plan),
    contentBegin: format.syntax?.contentBegin ?? '',
    constraint: isForced ? undefined : constraint,
    calls: format.syntax && callable.length > 0 ? callsOf(format.syntax, callable, plan) : undefined,
  };
}

/** A syntax of tools may mark thoughts itself; otherwise the prompt tells where the model stands. */
function thoughtsOf({ syntax, marks }: Format, { thoughts }: AnswerPlan): ThoughtsSource | undefined {
  if (thoughts === 'closed') return undefined;
  const own = syntax?.forced.thoughts ?? marks;
  return own && { begin: own.begin, end: own.end, isOpen: thoughts === 'open' };
}

function callsOf({ forced }: ToolSyntax, tools: readonly Tool[], { callsMax }: AnswerPlan): CallsSource {
  return {
    begin: forced.begin,
    end: forced.end,
    between: forced.between,
    callsMax,
    // It was parsed from JSON.
    tools: tools.map(({ name, parameters, param }) => ({
      before: forced.before(name),
      after: forced.after,
      parameters: parameters as Json,
      param,
    })),
  };
}
