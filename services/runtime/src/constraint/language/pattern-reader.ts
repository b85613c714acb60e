/** A place in a pattern's text, character by character. */
export class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  peek(ahead = 0): string | undefined {
    return this.#source[this.#at + ahead];
  }

  /** The next code point. */
  next(): number {
    const codePoint = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += codePoint > 0xff_ff ? 2 : 1;
    return codePoint;
  }

  take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** Takes what a sticky expression matches here. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#source);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }
}
