import type { AnswerInput } from '../answer/answer-input.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';
import type { CallReader } from './call-reader.ts';
import { JsonScanner } from './json-scanner.ts';

/** A call whose name is known already: its arguments are a JSON object. */
export class ArgumentsReader implements CallReader {
  readonly #name: string;
  readonly #scanner = new JsonScanner();
  #untold = '';
  #isTold = false;

  constructor(name: string) {
    this.#name = name;
  }

  get untold(): string {
    return this.#untold;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  read(input: AnswerInput, out: AnswerWriter): 'more' | 'done' | 'broken' {
    if (!this.#isTold) {
      this.#untold += input.takeSpace();
      if (input.rest === '') return 'more';
      if (!input.rest.startsWith('{')) return 'broken';
      this.#untold = '';
      this.#isTold = true;
      out.beginCall(this.#name);
    }
    out.arguments(input.take(this.#scanner.read(input.rest)));
    if (this.#scanner.isComplete) return 'done';
    return this.#scanner.isBroken ? 'broken' : 'more';
  }
}
