import type { AnswerInput } from '../answer/answer-input.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';
import type { CallReader } from './call-reader.ts';
import { isJsonObject, JsonScanner, parseJson } from './json-scanner.ts';

export type JsonCallOptions = {
  readonly tools: ReadonlySet<string>;
  /** Nothing but the call's own keys, and arguments in any case: where no markup says that this is a call. */
  readonly isBare: boolean;
};

type Phase = 'open' | 'firstKey' | 'key' | 'colon' | 'value' | 'afterValue';

const ARGUMENT_KEYS: ReadonlySet<unknown> = new Set(['arguments', 'parameters']);
const OTHER_KEYS: ReadonlySet<unknown> = new Set(['name', 'type', 'id']);

/** A call as one JSON object: `{"name": …, "arguments": {…}}`, its keys in any order. The arguments are told as they come. */
export class JsonCallReader implements CallReader {
  readonly #options: JsonCallOptions;
  #untold = '';
  #isTold = false;
  #phase: Phase = 'open';
  #scanner = new JsonScanner();
  /** The key or value that is being read, except arguments. */
  #token = '';
  #key: unknown;
  #name: string | undefined;
  /** Arguments that came before the name. */
  #arguments: string | undefined;
  #hasArguments = false;
  /** Whether the value that is being read is the arguments' object. */
  #isArguments = false;

  constructor(options: JsonCallOptions) {
    this.#options = options;
  }

  get untold(): string {
    return this.#untold;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  read(input: AnswerInput, out: AnswerWriter): 'more' | 'done' | 'broken' {
    for (;;) {
      if (this.#token === '') this.#take(input, input.rest.length - input.rest.trimStart().length);
      if (input.rest === '') return 'more';
      const outcome = this.#advance(input, out);
      if (outcome !== 'next') return outcome;
    }
  }

  #advance(input: AnswerInput, out: AnswerWriter): 'next' | 'more' | 'done' | 'broken' {
    switch (this.#phase) {
      case 'open':
        return this.#expect(input, '{', 'firstKey');
      case 'firstKey':
        return input.rest.startsWith('}') ? this.#finish(input, out) : this.#readKey(input);
      case 'key':
        return this.#readKey(input);
      case 'colon':
        return this.#expect(input, ':', 'value');
      case 'value':
        return this.#readValue(input, out);
      case 'afterValue':
        return input.rest.startsWith('}') ? this.#finish(input, out) : this.#expect(input, ',', 'key');
      default:
        return this.#phase satisfies never;
    }
  }

  #expect(input: AnswerInput, character: string, next: Phase): 'next' | 'broken' {
    if (!input.rest.startsWith(character)) return 'broken';
    this.#take(input, 1);
    this.#begin(next);
    return 'next';
  }

  #begin(phase: Phase): void {
    this.#phase = phase;
    this.#token = '';
    this.#scanner = new JsonScanner();
  }

  #readKey(input: AnswerInput): 'next' | 'more' | 'broken' {
    if (this.#token === '' && !input.rest.startsWith('"')) return 'broken';
    this.#token += this.#take(input, this.#scanner.read(input.rest));
    if (this.#scanner.isBroken) return 'broken';
    if (!this.#scanner.isComplete) return 'more';
    this.#key = parseJson(this.#token);
    this.#begin('colon');
    return this.#options.isBare && !ARGUMENT_KEYS.has(this.#key) && !OTHER_KEYS.has(this.#key) ? 'broken' : 'next';
  }

  #readValue(input: AnswerInput, out: AnswerWriter): 'next' | 'more' | 'broken' {
    if (this.#token === '') this.#beginValue(input, out);
    const text = this.#take(input, this.#scanner.read(input.rest));
    this.#token += text;
    if (this.#isArguments) this.#moreArguments(text, out);
    if (this.#scanner.isBroken) return 'broken';
    if (!this.#scanner.isComplete) return 'more';
    const isGood = this.#isArguments || this.#endValue(out);
    this.#begin('afterValue');
    return isGood ? 'next' : 'broken';
  }

  #beginValue(input: AnswerInput, out: AnswerWriter): void {
    this.#isArguments = ARGUMENT_KEYS.has(this.#key) && input.rest.startsWith('{') && !this.#hasArguments;
    if (!this.#isArguments) return;
    this.#hasArguments = true;
    this.#arguments = '';
    this.#tell(out);
  }

  /** Whether a value other than an object of arguments may stand there. */
  #endValue(out: AnswerWriter): boolean {
    const value = parseJson(this.#token);
    if (this.#key === 'name') {
      if (this.#name !== undefined || typeof value !== 'string' || !this.#options.tools.has(value)) return false;
      this.#name = value;
      this.#tell(out);
    } else if (ARGUMENT_KEYS.has(this.#key)) {
      // Some models write the object as a string, as OpenAI's API does.
      const text = value === null || value === '' ? '{}' : value;
      if (this.#hasArguments || typeof text !== 'string' || !isJsonObject(parseJson(text))) return false;
      this.#hasArguments = true;
      this.#arguments = text;
      this.#tell(out);
    }
    return true;
  }

  #finish(input: AnswerInput, out: AnswerWriter): 'done' | 'broken' {
    if (!this.#isTold) {
      if (this.#name === undefined || this.#options.isBare) return 'broken';
      this.#arguments ??= '{}';
      this.#tell(out);
    }
    this.#take(input, 1);
    return 'done';
  }

  #moreArguments(text: string, out: AnswerWriter): void {
    if (this.#isTold) out.arguments(text);
    else this.#arguments = (this.#arguments ?? '') + text;
  }

  /** Once the name is known and there are arguments. */
  #tell(out: AnswerWriter): void {
    if (this.#name === undefined || this.#arguments === undefined) return;
    out.beginCall(this.#name);
    out.arguments(this.#arguments);
    this.#isTold = true;
    this.#untold = '';
  }

  #take(input: AnswerInput, length: number): string {
    const text = input.take(length);
    if (!this.#isTold) this.#untold += text;
    return text;
  }
}
