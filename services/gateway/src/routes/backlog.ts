import type { AnswerFormat } from './answer-format.ts';

/** What came while the reader was behind: the text of each choice as one event. The request's own output limit bounds it. */
export class Backlog {
  readonly #format: Pick<AnswerFormat, 'delta'>;
  /** By choice; whatever is in `#events` came before it. */
  #texts: string[] = [];
  #events = '';

  constructor(format: Pick<AnswerFormat, 'delta'>) {
    this.#format = format;
  }

  addText(text: string, index: number): void {
    this.#texts[index] = (this.#texts[index] ?? '') + text;
  }

  /** An event that is no text keeps its place among those of its choice. */
  addEvent(event: string, index: number): void {
    const text = this.#texts[index] ?? '';
    if (text !== '') this.#events += this.#format.delta(text, index);
    this.#texts[index] = '';
    this.#events += event;
  }

  /** Everything so far, as events; afterwards nothing is left. */
  take(): string {
    let events = this.#events;
    for (const [index, text = ''] of this.#texts.entries()) if (text !== '') events += this.#format.delta(text, index);
    this.#events = '';
    this.#texts = [];
    return events;
  }
}
