import { type ConstraintSource, mayBeginWithSpace } from '../constraint/output-source.ts';
import { MARGIN_MAX } from '../constraint/thoughts-rule.ts';
import type { TextSink } from '../scheduler/generation.ts';
import { AnswerSplitter } from './answer/answer-splitter.ts';
import { AnswerWriter } from './answer/answer-writer.ts';
import { onlyContent } from './answer/text-until.ts';
import { AnswerText } from './answer-text.ts';
import { OutputText } from './output-text.ts';
import type { ThoughtMarks } from './reasoning/thought-marks.ts';
import { thoughtsBefore } from './reasoning/thoughts.ts';
import { StopMatcher, type Stopping } from './stop-matcher.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { ToolSyntax } from './tools/tool-syntax.ts';

/** What of an answer is to be told apart. */
export type AnswerPlan = {
  /** What may be called; empty where nothing may. */
  readonly tools: ReadonlySet<string>;
  readonly callsMax: number;
  /** `closed` where the model has no thoughts, or the prompt has ended them; `open` where the prompt has begun them. */
  readonly thoughts: 'closed' | 'possible' | 'open';
  readonly reasoningTokensMax: number | undefined;
};

/** How a model writes its answers. */
export class AnswerFormat {
  readonly syntax: ToolSyntax | undefined;
  readonly marks: ThoughtMarks | undefined;
  readonly #tokenizer: Tokenizer;
  readonly #markup: ReadonlyMap<number, string>;
  readonly #endsOfThoughts: readonly (readonly number[])[];

  constructor(tokenizer: Tokenizer, { syntax, marks }: { syntax: ToolSyntax | undefined; marks: ThoughtMarks | undefined }) {
    this.syntax = syntax;
    this.marks = marks;
    this.#tokenizer = tokenizer;
    const texts = new Set([...(syntax?.markup ?? []), ...(marks ? [marks.begin, marks.end] : [])]);
    this.#markup = new Map([...tokenizer.controlTexts].filter(([, text]) => texts.has(text)));
    const ends = syntax?.endsOfThoughts ?? (marks ? [endOfThoughts(marks)] : []);
    this.#endsOfThoughts = ends.map((end) => Array.from(tokenizer.encodeMore(end)));
  }

  /** A new answer's way from tokens to what the client is told. */
  open(plan: AnswerPlan, stopping: Stopping, constraint?: ConstraintSource): TextSink {
    const { syntax, marks } = this;
    const hasCalls = plan.tools.size > 0;
    const answer = syntax && (hasCalls || syntax.framesAnswers) ? syntax.start(plan.tools) : onlyContent;
    const start = marks && plan.thoughts !== 'closed' ? thoughtsBefore(answer, marks, plan.thoughts === 'open') : answer;
    if (start === onlyContent) return new OutputText(this.#tokenizer.tokenBytes, stopping);
    const stops = new StopMatcher(stopping.stop, stopping.includeStop, stopping.minTokens);
    const marginLines = mayBeginWithSpace(constraint) ? MARGIN_MAX : undefined;
    return new AnswerText({
      tokenBytes: this.#tokenizer.tokenBytes,
      markup: this.#markup,
      splitter: new AnswerSplitter(start, new AnswerWriter({ stops, callsMax: plan.callsMax, expectsCalls: hasCalls, marginLines })),
      stops,
      reasoningTokensMax: plan.reasoningTokensMax,
      endsOfThoughts: this.#endsOfThoughts,
    });
  }
}

/** As most models write it. */
export function endOfThoughts({ end }: ThoughtMarks): string {
  return `\n${end}\n\n`;
}
