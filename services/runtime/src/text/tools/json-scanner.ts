/** What may come next in a JSON text. */
type Expect = 'value' | 'firstKey' | 'key' | 'colon' | 'firstItem' | 'afterValue' | 'string' | 'escape' | 'unicode' | 'word' | 'nothing';

const WORD = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
const WORD_CHARACTER = /[-+.0-9a-zA-Z]/;
/** A longer number or name is none. */
const WORD_LENGTH_MAX = 400;
/** Deeper is no tool's argument. */
const DEPTH_MAX = 256;

/** Reads one JSON value character by character, and knows at each whether the text can still become one. */
export class JsonScanner {
  #expect: Expect = 'value';
  /** The brackets that are open: `{` or `[`. */
  readonly #open: string[] = [];
  #isKey = false;
  #unicodeLeft = 0;
  #word = '';
  #isBroken = false;

  get isComplete(): boolean {
    return this.#expect === 'nothing';
  }

  /** Whether no text that follows can make it JSON. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Reads on from `start`; returns where the value ends, or breaks, or the end of the text where it does neither. */
  read(text: string, start = 0): number {
    let at = start;
    while (at < text.length && !this.isComplete && !this.#isBroken) {
      if (this.#expect === 'string') at = this.#readString(text, at);
      // A number ends with the character that is no part of it.
      else if (this.#step(text.charAt(at))) at++;
    }
    return at;
  }

  #readString(text: string, start: number): number {
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#expect = this.#isKey ? 'colon' : 'afterValue';
        if (!this.#isKey) this.#endValue();
        this.#isKey = false;
        return at + 1;
      }
      if (code === BACKSLASH) {
        this.#expect = 'escape';
        return at + 1;
      }
      if (code < SPACE) {
        this.#isBroken = true;
        return at;
      }
    }
    return text.length;
  }

  /** Whether the character belongs to the value. */
  #step(character: string): boolean {
    if (this.#expect === 'escape') return this.#escape(character);
    if (this.#expect === 'unicode') return this.#unicode(character);
    if (this.#expect === 'word') return this.#wordOn(character);
    if (isJsonSpace(character)) return true;
    switch (this.#expect) {
      case 'firstKey':
      case 'firstItem':
        if (character === (this.#expect === 'firstKey' ? '}' : ']')) return this.#close();
        return this.#expect === 'firstKey' ? this.#key(character) : this.#value(character);
      case 'key':
        return this.#key(character);
      case 'colon':
        return this.#then(character === ':', 'value');
      case 'afterValue':
        return this.#afterValue(character);
      default:
        return this.#value(character);
    }
  }

  #key(character: string): boolean {
    this.#isKey = true;
    return this.#then(character === '"', 'string');
  }

  #value(character: string): boolean {
    if (character === '"') return this.#then(true, 'string');
    if (character === '{' || character === '[') {
      this.#open.push(character);
      return this.#then(this.#open.length <= DEPTH_MAX, character === '{' ? 'firstKey' : 'firstItem');
    }
    this.#word = '';
    return this.#then(/[-0-9tfn]/.test(character), 'word') && this.#wordOn(character);
  }

  #afterValue(character: string): boolean {
    const open = this.#open.at(-1);
    if (character === ',') return this.#then(true, open === '{' ? 'key' : 'value');
    if (character === (open === '{' ? '}' : ']')) return this.#close();
    return this.#then(false, 'nothing');
  }

  #wordOn(character: string): boolean {
    if (WORD_CHARACTER.test(character)) {
      this.#word += character;
      return this.#then(this.#word.length <= WORD_LENGTH_MAX, 'word');
    }
    this.#endWord();
    return false;
  }

  #endWord(): void {
    if (WORD.test(this.#word)) this.#endValue();
    else this.#isBroken = true;
  }

  #escape(character: string): boolean {
    if (character === 'u') {
      this.#unicodeLeft = 4;
      return this.#then(true, 'unicode');
    }
    return this.#then('"\\/bfnrt'.includes(character), 'string');
  }

  #unicode(character: string): boolean {
    this.#unicodeLeft--;
    return this.#then(/[0-9a-fA-F]/.test(character), this.#unicodeLeft === 0 ? 'string' : 'unicode');
  }

  #close(): boolean {
    this.#open.pop();
    this.#endValue();
    return true;
  }

  #endValue(): void {
    this.#expect = this.#open.length === 0 ? 'nothing' : 'afterValue';
  }

  #then(isGood: boolean, expect: Expect): boolean {
    if (isGood) this.#expect = expect;
    else this.#isBroken = true;
    return isGood;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

function isJsonSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

/** The value that a JSON text stands for; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
