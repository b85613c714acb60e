import type { AnswerInput } from './answer-input.ts';
import type { AnswerWriter } from './answer-writer.ts';

/**
 * What the next characters of an answer mean. A state takes what it can decide about, writes it, and returns the state that
 * goes on, or undefined when it needs more text. It must decide the same however the text is cut, and at the end of the
 * text it must take all of it.
 */
export type AnswerState = (input: AnswerInput, out: AnswerWriter) => AnswerState | undefined;
