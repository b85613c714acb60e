const LF = 10;
const TEXT = /"content":"[^"]/;

/** Counts the server-sent events of one body, however cut, and notices when the first text of an answer has come. */
export class EventCounter {
  events = 0;
  hasText = false;
  #endsWithLf = false;
  /** The end of the last piece, in which the first text may have begun. */
  #tail = '';

  push(bytes: Buffer): void {
    if (this.#endsWithLf && bytes[0] === LF) this.events++;
    for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) this.events++;
    this.#endsWithLf = bytes.at(-1) === LF && bytes.at(-2) !== LF;
    if (!this.hasText) this.#lookForText(bytes);
  }

  #lookForText(bytes: Buffer): void {
    const text = this.#tail + bytes.toString('latin1');
    this.hasText = TEXT.test(text);
    this.#tail = text.slice(-'"content":"'.length);
  }
}
