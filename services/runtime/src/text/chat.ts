import { Fault } from '@sluice/platform/fault';
import type { ReasoningFormat, ToolFormat } from '../models/formats.ts';
import type { TextSink } from '../scheduler/generation.ts';
import type { ConstraintSource, OutputSource } from '../constraint/output-source.ts';
import { AnswerFormat, type AnswerPlan, endOfThoughts } from './answer-format.ts';
import { readHistory } from './chat-history.ts';
import { type ChatRequest, decideToolUse, type ToolUse } from './chat-request.ts';
import type { ChatTemplate } from './chat-template.ts';
import { outputSource } from './output-source.ts';
import type { PromptReader } from './prompt-reader.ts';
import { createMarkerGuard, cutAtSeams, type MarkerGuard } from './prompt-markers.ts';
import { findThoughtMarks, type ThoughtMarks, USUAL_MARKS } from './reasoning/thought-marks.ts';
import type { Stopping } from './stop-matcher.ts';
import type { Tokenizer } from './tokenizer.ts';
import { readTools, toTemplateTool } from './tools/tool-list.ts';
import { hermes } from './tools/hermes.ts';
import { withToolPrompt } from './tools/tool-prompt.ts';
import type { ToolSyntax } from './tools/tool-syntax.ts';
import { detectToolFormat, toolSyntaxOf } from './tools/tool-syntaxes.ts';
import { type CallWriter, createCallWriter } from './tools/write-calls.ts';

export type ChatOptions = {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** Another template of the file's, for when there are tools. */
  readonly toolTemplate?: ChatTemplate | undefined;
  /** Instead of what the template looks like. */
  readonly toolFormat?: ToolFormat | undefined;
  readonly reasoningFormat?: ReasoningFormat | undefined;
  readonly reader: PromptReader;
};

/** A turn of the model's: what it reads, and how its answer is read. */
export type ChatTurn = {
  readonly prompt: Uint32Array;
  readonly plan: AnswerPlan;
  /** What the whole output must be: where tools must be called, or where the answer is constrained. */
  output(constraint: ConstraintSource | undefined): OutputSource | undefined;
  /** A new answer's way from tokens to what the client is told. */
  createText(stopping: Stopping, constraint?: ConstraintSource): TextSink;
};

/** Templates that do not name the tools do not show them either. */
const TEMPLATE_HAS_TOOLS = /\btools\b/;

/** A model's way of holding a conversation: its template, its calls, its thoughts. */
export class Chat {
  readonly format: AnswerFormat;
  readonly #options: ChatOptions;
  readonly #guard: MarkerGuard;
  readonly #toolTemplate: ChatTemplate;
  readonly #hasToolsInTemplate: boolean;
  readonly #writeCalls: CallWriter;

  constructor(options: ChatOptions) {
    const { tokenizer, template, toolTemplate = template } = options;
    this.#options = options;
    this.#toolTemplate = toolTemplate;
    this.#hasToolsInTemplate = TEMPLATE_HAS_TOOLS.test(toolTemplate.source);
    const syntax = findSyntax(toolTemplate, { toolFormat: options.toolFormat, hasToolsInTemplate: this.#hasToolsInTemplate });
    this.#writeCalls = createCallWriter(syntax ?? hermes);
    const marks = findMarks(options, syntax);
    this.format = new AnswerFormat(tokenizer, { syntax, marks });
    // Thoughts of earlier turns stay readable to the template, which takes them out.
    const harmless = new Set(marks ? [marks.begin, marks.end] : []);
    this.#guard = createMarkerGuard([...tokenizer.controlTexts.values()].filter((text) => !harmless.has(text)));
  }

  /** Throws a Fault for a conversation that the model cannot continue, or not in the way that is asked for. */
  begin(request: ChatRequest): ChatTurn {
    const { parts, use, thoughts } = this.#open(request);
    const plan: AnswerPlan = {
      tools: new Set(use.shown.map(({ name }) => name)),
      callsMax: this.#canCallSeveral(use) ? use.callsMax : Math.min(use.callsMax, 1),
      thoughts,
      reasoningTokensMax: request.reasoningTokensMax,
    };
    return {
      prompt: this.#options.reader.read(parts, 'messages'),
      plan,
      output: (constraint) => outputSource(this.format, { use, plan, constraint }),
      createText: (stopping, constraint) => this.format.open(plan, stopping, constraint),
    };
  }

  /** The text of what the model reads, in parts between which no marker reaches. Throws as `begin` does. */
  write(request: ChatRequest): readonly string[] {
    return this.#open(request).parts;
  }

  #open(request: ChatRequest): Pick<AnswerPlan, 'thoughts'> & { readonly parts: readonly string[]; readonly use: ToolUse } {
    const use = decideToolUse(readTools(request.tools), request);
    const parts = this.#write(request, use);
    const { thoughts, isClosedByUs } = this.#thoughtsAfter(parts, request);
    const { marks } = this.format;
    if (isClosedByUs && marks) parts.push(endOfThoughts(marks));
    return { parts, use, thoughts };
  }

  /** The prompt's text, in parts between which no marker reaches. */
  #write(request: ChatRequest, { shown }: ToolUse): string[] {
    const { syntax } = this.format;
    if (shown.length > 0 && !syntax) {
      throw new Fault('UNSUPPORTED_PARAMETER', {
        message: 'This model is not known to call tools. Its configuration can say how it does, with `tool_format`.',
        param: 'tools',
      });
    }
    const given = { messages: readHistory(request.messages), tools: shown, extra: request.extra };
    // Only what is the client's: the markup of calls, where we tell the model of it, is to be read as such.
    const { messages, tools, extra } = this.#guard.sew(given);
    const writeCalls = this.#writeCalls;
    const template = tools.length > 0 ? this.#toolTemplate : this.#options.template;
    const text = template.render(
      this.#hasToolsInTemplate || !syntax || tools.length === 0
        ? { messages, tools: tools.map(toTemplateTool), extra, writeCalls }
        : {
            messages: withToolPrompt(messages, tools, { syntax, teller: template.showsSystem() ? 'system' : 'user' }),
            tools: [],
            extra,
            writeCalls,
          },
    );
    this.#options.reader.assertFits(text, 'messages');
    return messages === given.messages && tools === given.tools && extra === given.extra ? [text] : cutAtSeams(text);
  }

  /** What a model calls comes back to it, so it may make no more calls at once than its template can show. */
  #canCallSeveral({ shown }: ToolUse): boolean {
    if (shown.length === 0) return true;
    if (this.format.syntax?.forced.between === undefined) return false;
    return this.#toolTemplate.showsSeveralCalls({ hasTools: this.#hasToolsInTemplate, writeCalls: this.#writeCalls });
  }

  /** Where a prompt leaves the model: before, in, or after its thoughts. Those that may take no token are ended in the prompt. */
  #thoughtsAfter(
    parts: readonly string[],
    { reasoningTokensMax }: ChatRequest,
  ): { thoughts: AnswerPlan['thoughts']; isClosedByUs: boolean } {
    const { marks, syntax } = this.format;
    if (!marks) return { thoughts: syntax?.forced.thoughts ? 'possible' : 'closed', isClosedByUs: false };
    const end = (parts.at(-1) ?? '').trimEnd();
    if (end.endsWith(marks.end)) return { thoughts: 'closed', isClosedByUs: false };
    if (!end.endsWith(marks.begin)) return { thoughts: 'possible', isClosedByUs: false };
    return reasoningTokensMax === 0 ? { thoughts: 'possible', isClosedByUs: true } : { thoughts: 'open', isClosedByUs: false };
  }
}

/** Where nothing is known, the most common format is as good as any, provided that the model is told of it. */
function findSyntax(
  { source }: ChatTemplate,
  { toolFormat, hasToolsInTemplate }: { toolFormat: ToolFormat | undefined; hasToolsInTemplate: boolean },
): ToolSyntax | undefined {
  const detected = toolFormat ?? detectToolFormat(source);
  const isUnknown = detected === 'none' && toolFormat === undefined && !hasToolsInTemplate;
  return toolSyntaxOf(isUnknown ? 'hermes' : detected, source);
}

function findMarks({ template, reasoningFormat }: ChatOptions, syntax: ToolSyntax | undefined): ThoughtMarks | undefined {
  if (reasoningFormat === 'none' || reasoningFormat === 'gpt-oss' || syntax?.forced.thoughts) return undefined;
  return findThoughtMarks(template.source) ?? (reasoningFormat === 'think' ? USUAL_MARKS : undefined);
}
