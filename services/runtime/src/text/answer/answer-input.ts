/** What of an answer's text has come and has not been understood yet. */
export class AnswerInput {
  #rest = '';
  #isEnd = false;

  get rest(): string {
    return this.#rest;
  }

  /** Whether nothing more will come. */
  get isEnd(): boolean {
    return this.#isEnd;
  }

  append(text: string): void {
    this.#rest += text;
  }

  end(): void {
    this.#isEnd = true;
  }

  take(length: number): string {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  /** Takes the white space at the beginning. */
  takeSpace(): string {
    return this.take(this.#rest.length - this.#rest.trimStart().length);
  }

  /** Takes the marker when the text begins with it; `maybe` when the text is too short to tell. */
  takeMarker(marker: string): 'taken' | 'maybe' | 'other' {
    if (this.#rest.startsWith(marker)) {
      this.take(marker.length);
      return 'taken';
    }
    return !this.#isEnd && marker.startsWith(this.#rest) ? 'maybe' : 'other';
  }
}
