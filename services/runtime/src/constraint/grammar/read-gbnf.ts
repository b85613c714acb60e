import { Fault } from '@sluice/platform/fault';
import type { CodePoints } from '../language/code-points.ts';

/** GBNF, read. A set may be negated, where an expression's may not; `any` is the point. */
export type GbnfItem =
  | { readonly kind: 'characters'; readonly set: CodePoints; readonly isNegated: boolean }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'group'; readonly options: GbnfOptions }
  | { readonly kind: 'repeat'; readonly of: readonly GbnfItem[]; readonly min: number; readonly max: number };

/** Alternatives, each a sequence. */
export type GbnfOptions = readonly (readonly GbnfItem[])[];

export type Gbnf = ReadonlyMap<string, GbnfOptions>;

const GROUP_DEPTH_MAX = 100;

/** llama.cpp knows no `_` in names, but grammars that other servers take have them; what is written for it has other names. */
const NAME = /[A-Za-z0-9_-]+/y;

/** Reads GBNF as llama.cpp does, and names with `_`. Throws a Fault with the line that is wrong. */
export function readGbnf(source: string, param: string): Gbnf {
  return new GbnfReader(source, param).read();
}

/** llama.cpp's own parser writes what it cannot read to the log, so a client's text must not get that far. */
class GbnfReader {
  readonly #source: string;
  readonly #param: string;
  #at = 0;

  constructor(source: string, param: string) {
    this.#source = source;
    this.#param = param;
  }

  read(): Gbnf {
    const rules = new Map<string, GbnfOptions>();
    this.#space(true);
    while (this.#at < this.#source.length) {
      const name = this.#name();
      this.#space(false);
      if (!this.#take('::=')) this.#fail('expected `::=`');
      this.#space(true);
      rules.set(name, this.#options(0));
      if (this.#at < this.#source.length && !this.#match(/\r?\n|\r/y)) this.#fail('expected the end of the line');
      this.#space(true);
    }
    return rules;
  }

  #options(depth: number): GbnfOptions {
    const options = [this.#sequence(depth)];
    while (this.#take('|')) {
      this.#space(true);
      options.push(this.#sequence(depth));
    }
    return options;
  }

  #sequence(depth: number): readonly GbnfItem[] {
    const items: GbnfItem[] = [];
    // What a sign of repetition is about: a text counts as one.
    let last = 0;
    for (;;) {
      const times = this.#times(depth > 0);
      if (times) {
        if (last === items.length) this.#fail('nothing to repeat');
        items.push({ kind: 'repeat', of: items.splice(last), ...times });
        continue;
      }
      const piece = this.#piece(depth);
      if (!piece) return items;
      last = items.length;
      items.push(...piece);
      this.#space(depth > 0);
    }
  }

  #piece(depth: number): readonly GbnfItem[] | undefined {
    if (this.#take('"')) return this.#text();
    if (this.#take('[')) return [this.#set()];
    if (this.#take('.')) return [{ kind: 'characters', set: [], isNegated: true }];
    if (this.#take('(')) return [this.#group(depth + 1)];
    if (/[<!]/.test(this.#source[this.#at] ?? '')) this.#fail('tokens are not supported, only characters');
    const name = this.#match(NAME);
    return name === undefined ? undefined : [{ kind: 'rule', name }];
  }

  #group(depth: number): GbnfItem {
    if (depth > GROUP_DEPTH_MAX) this.#fail(`groups nested more than ${GROUP_DEPTH_MAX} deep`);
    this.#space(true);
    const options = this.#options(depth);
    if (!this.#take(')')) this.#fail('expected `)`');
    return { kind: 'group', options };
  }

  #text(): readonly GbnfItem[] {
    const items: GbnfItem[] = [];
    while (!this.#take('"')) {
      const codePoint = this.#character();
      items.push({ kind: 'characters', set: [[codePoint, codePoint]], isNegated: false });
    }
    return items;
  }

  #set(): GbnfItem {
    const isNegated = this.#take('^');
    const set: (readonly [number, number])[] = [];
    while (!this.#take(']')) {
      const first = this.#character();
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      set.push([first, isRange ? this.#character() : first]);
    }
    return { kind: 'characters', set, isNegated };
  }

  #character(): number {
    const hex = this.#match(/\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})/y);
    if (hex !== undefined) return Number.parseInt(hex.slice(2), 16);
    const escape = this.#match(/\\[trn\\"[\]-]/y);
    if (escape !== undefined) return { t: 9, r: 13, n: 10 }[escape.slice(1)] ?? escape.charCodeAt(1);
    const codePoint = this.#source.codePointAt(this.#at);
    if (codePoint === undefined) this.#fail('the text ends in the middle');
    if (codePoint === 0x5c) this.#fail('an escape that is not known');
    this.#at += codePoint > 0xff_ff ? 2 : 1;
    return codePoint;
  }

  #times(isNested: boolean): { min: number; max: number } | undefined {
    const sign = this.#match(/[*+?]/y);
    const braces = sign ?? this.#match(/\{[ \t]*\d{1,6}[ \t]*(,[ \t]*(\d{1,6}[ \t]*)?)?\}/y);
    if (braces === undefined) return undefined;
    this.#space(isNested);
    if (sign === '*') return { min: 0, max: Number.POSITIVE_INFINITY };
    if (sign === '+') return { min: 1, max: Number.POSITIVE_INFINITY };
    if (sign === '?') return { min: 0, max: 1 };
    const [min = 0, max] = (braces.match(/\d+/g) ?? []).map(Number);
    if (!braces.includes(',')) return { min, max: min };
    if (max !== undefined && max < min) this.#fail('a repetition whose maximum is below its minimum');
    return { min, max: max ?? Number.POSITIVE_INFINITY };
  }

  #name(): string {
    return this.#match(NAME) ?? this.#fail('expected the name of a rule');
  }

  /** Blanks and comments. */
  #space(isNewlineOk: boolean): void {
    this.#match(isNewlineOk ? /([ \t\r\n]|#[^\r\n]*)*/y : /([ \t]|#[^\r\n]*)*/y);
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#source)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(what: string): never {
    const line = this.#source.slice(0, this.#at).split('\n').length;
    throw new Fault('INVALID_VALUE', { message: `The grammar is not valid GBNF: line ${line}: ${what}.`, param: this.#param });
  }
}
