import type { AnswerState } from '../answer/answer-state.ts';

/** How a family of models writes its calls. */
export type ToolSyntax = {
  /** Markup that may be control tokens, which stand for no text elsewhere. */
  readonly markup: readonly string[];
  /** Whether every answer is written in it, also where there are no tools. */
  readonly framesAnswers: boolean;
  /** What stands before an answer that calls nothing, where that is not nothing. */
  readonly contentBegin?: string;
  /** What ends thoughts before their time, where the syntax itself marks them: the first time, and from then on. */
  readonly endsOfThoughts?: readonly [string, string];
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
  /** What stands before the arguments. */
  before(name: string): readonly ForcedPiece[];
  readonly after: string;
  /** Thoughts that may come before the calls, where the syntax itself marks them. */
  readonly thoughts?: { readonly begin: string; readonly end: string };
};

/** A text, or so many letters and digits of the model's choice. */
export type ForcedPiece = string | { readonly lettersOrDigits: number };
