import type { AnswerState } from '../answer/answer-state.ts';

/** How a family of models writes its calls. */
export type ToolSyntax = {
  /** Markup that may be control tokens, which stand for no text elsewhere. */
  readonly markup: readonly string[];
  /** Whether every answer is written in it, also where there are no tools. */
  readonly framesAnswers: boolean;
  /** Reads an answer that may call these tools. */
  start(tools: ReadonlySet<string>): AnswerState;
  readonly forced: ForcedCalls;
};

/** How calls are written that must be made. All texts are as the model writes them; what lies between is up to it. */
export type ForcedCalls = {
  /** What stands before the first call and after the last. */
  readonly begin: string;
  readonly end: string;
  /** What stands between two calls; undefined where an answer has one at most. */
  readonly between: string | undefined;
  /** What stands before the arguments, as text or as pieces of GBNF. */
  before(name: string): readonly ForcedPiece[];
  readonly after: string;
  /** Thoughts that may come before the calls, where the syntax itself marks them. */
  readonly thoughts?: { readonly begin: string; readonly end: string };
};

export type ForcedPiece = string | { readonly gbnf: string };
