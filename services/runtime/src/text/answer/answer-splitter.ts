import type { OutputPiece } from '../../scheduler/generation.ts';
import { AnswerInput } from './answer-input.ts';
import type { AnswerState } from './answer-state.ts';
import type { AnswerWriter } from './answer-writer.ts';

/** Splits an answer's text into content, thoughts and calls while it comes. Any cutting of the text gives the same. */
export class AnswerSplitter {
  readonly #input = new AnswerInput();
  readonly #out: AnswerWriter;
  #state: AnswerState;

  constructor(start: AnswerState, out: AnswerWriter) {
    this.#state = start;
    this.#out = out;
    // The first state may know already that what comes are thoughts.
    this.#run();
  }

  get isThinking(): boolean {
    return this.#out.isThinking;
  }

  push(text: string): OutputPiece {
    this.#input.append(text);
    this.#run();
    return this.#out.take();
  }

  flush(): OutputPiece {
    this.#input.end();
    this.#run();
    this.#out.end();
    return this.#out.take();
  }

  #run(): void {
    while (!this.#out.isComplete) {
      const next = this.#state(this.#input, this.#out);
      if (!next) return;
      this.#state = next;
    }
  }
}
