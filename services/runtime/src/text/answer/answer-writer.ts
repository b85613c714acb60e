import type { OutputPiece, ToolCallPiece } from '../../scheduler/generation.ts';
import type { StopMatcher } from '../stop-matcher.ts';
import { newCallId } from './call-id.ts';

export type AnswerWriterOptions = {
  readonly stops: StopMatcher;
  /** The answer is complete after so many calls. */
  readonly callsMax: number;
  /** Whether calls may follow the content: the white space before one belongs to neither. */
  readonly expectsCalls: boolean;
  /** So many line breaks after thoughts are not the content's, and all else is; undefined where all white space there is none. */
  readonly marginLines?: number | undefined;
};

/** Gathers what the states of an answer find out, until it is taken as one piece. */
export class AnswerWriter {
  /** Whether the text at hand is the model's thoughts. Set by the states. */
  isThinking = false;
  readonly #options: AnswerWriterOptions;
  #text = '';
  #reasoning = '';
  #calls: { index: number; id?: string; name?: string; arguments: string }[] = [];
  #match: string | undefined;
  #callsBegun = 0;
  #callsDone = 0;
  /** White space that is dropped unless more of the same follows it. */
  #heldSpace = '';
  /** Whether white space is to be dropped: after thoughts and calls, and at the beginning of thoughts. */
  #isAtMargin = false;
  /** Where not all white space at the margin is dropped. */
  #marginLinesLeft: number | undefined;

  constructor(options: AnswerWriterOptions) {
    this.#options = options;
  }

  /** Whether the answer is complete, so that whatever follows is to be dropped. */
  get isComplete(): boolean {
    return this.#match !== undefined || this.#callsDone >= this.#options.callsMax;
  }

  content(text: string): void {
    const { expectsCalls } = this.#options;
    const kept = this.#withoutMargin(text, expectsCalls);
    if (kept !== '') this.#matchStops(kept);
  }

  beginReasoning(): void {
    this.#margin();
    this.isThinking = true;
  }

  reasoning(text: string): void {
    this.#reasoning += this.#withoutMargin(text, true);
  }

  endReasoning(): void {
    this.#margin();
    this.#marginLinesLeft = this.#options.marginLines;
    this.isThinking = false;
  }

  beginCall(name: string): void {
    // A stop string cannot reach over a call.
    this.#text += this.#options.stops.flush();
    this.#margin();
    this.#calls.push({ index: this.#callsBegun++, id: newCallId(), name, arguments: '' });
  }

  arguments(text: string): void {
    if (text === '') return;
    const last = this.#calls.at(-1);
    if (last) last.arguments += text;
    else this.#calls.push({ index: this.#callsBegun - 1, arguments: text });
  }

  endCall(): void {
    this.#callsDone++;
  }

  /** What was written since the last time. */
  take(): OutputPiece {
    const piece: OutputPiece = {
      text: this.#text,
      match: this.#match,
      ...(this.#reasoning === '' ? undefined : { reasoning: this.#reasoning }),
      ...(this.#calls.length === 0 ? undefined : { toolCalls: this.#calls satisfies ToolCallPiece[] }),
      ...(this.isComplete && this.#match === undefined ? { isComplete: true } : undefined),
    };
    this.#text = '';
    this.#reasoning = '';
    this.#calls = [];
    return piece;
  }

  /** What is held back comes, because nothing follows any more. */
  end(): void {
    if (this.#match !== undefined) return;
    if (!this.isThinking && !this.#isAtMargin) this.#matchStops(this.#heldSpace);
    this.#heldSpace = '';
    if (this.#match === undefined) this.#text += this.#options.stops.flush();
  }

  #matchStops(text: string): void {
    const { text: certain, match } = this.#options.stops.push(text);
    this.#text += certain;
    this.#match = match;
  }

  /** What was held back is dropped, as is the white space that follows. */
  #margin(): void {
    this.#heldSpace = '';
    this.#isAtMargin = true;
    this.#marginLinesLeft = undefined;
  }

  #withoutMargin(text: string, holdsSpace: boolean): string {
    const begun = this.#isAtMargin ? this.#trimmed(text) : text;
    if (begun === '') return '';
    this.#isAtMargin = false;
    const whole = this.#heldSpace + begun;
    if (!holdsSpace) {
      this.#heldSpace = '';
      return whole;
    }
    const kept = whole.trimEnd();
    this.#heldSpace = whole.slice(kept.length);
    return kept;
  }

  #trimmed(text: string): string {
    if (this.#marginLinesLeft === undefined) return text.trimStart();
    const lines = Math.min(/^\n*/.exec(text)?.[0].length ?? 0, this.#marginLinesLeft);
    this.#marginLinesLeft -= lines;
    return text.slice(lines);
  }
}
