import type { CodePoints } from '../language/code-points.ts';
import { Unsupported } from '../unsupported.ts';
import type { Expression } from './expression.ts';
import { prune } from './prune.ts';
import { writeRepeat } from './write-repeat.ts';

/** llama.cpp reads it between two steps, which takes 40 ms then; every request copies it. */
const SIZE_MAX = 250_000;

/** The grammar as llama.cpp reads it, `start` as its root. Throws Unsupported when no text fulfils it, or when it is too large. */
export function writeGbnf(definitions: ReadonlyMap<string, Expression>, start: string): string {
  const pruned = prune(definitions, start);
  if (!pruned) throw new Unsupported('a constraint that no finite answer fulfils');
  const writer = new GbnfWriter();
  writer.add('root', { kind: 'rule', name: start });
  for (const [name, definition] of pruned) writer.add(name, definition);
  return writer.text();
}

/** Writes expressions; whatever is repeated gets a rule of its own, because llama.cpp counts the rules inside a repeated group. */
export class GbnfWriter {
  readonly #lines: string[] = [];
  readonly #parts = new Map<string, string>();
  #size = 0;

  add(name: string, definition: Expression): void {
    this.#line(name, this.#write(definition, false));
  }

  text(): string {
    return this.#lines.join('');
  }

  /** The name of a rule for a text that is used more than once. */
  part(body: string): string {
    const known = this.#parts.get(body);
    if (known !== undefined) return known;
    const name = `part-${this.#parts.size + 1}`;
    this.#parts.set(body, name);
    this.#line(name, body);
    return name;
  }

  #line(name: string, body: string): void {
    const line = `${name} ::= ${body}\n`;
    this.#size += line.length;
    if (this.#size > SIZE_MAX) throw new Unsupported(`a grammar of more than ${SIZE_MAX} characters`);
    this.#lines.push(line);
  }

  #write(expression: Expression, isInner: boolean): string {
    switch (expression.kind) {
      case 'text':
        return writeText(expression.text);
      case 'characters':
        return writeCharacters(expression.set);
      case 'rule':
        return expression.name;
      case 'sequence':
        return expression.parts.length === 0 ? '""' : expression.parts.map((part) => this.#write(part, true)).join(' ');
      case 'choice': {
        const options = expression.options.map((option) => this.#write(option, false)).join(' | ');
        return isInner ? `(${options})` : options;
      }
      case 'repeat':
        return writeRepeat(this, this.#atom(expression.of), expression);
      default:
        return expression satisfies never;
    }
  }

  #atom(expression: Expression): string {
    const written = this.#write(expression, false);
    const isAtom = expression.kind === 'rule' || expression.kind === 'characters';
    return isAtom ? written : this.part(written);
  }
}

function writeText(value: string): string {
  return `"${Array.from(value, (char) => escaped(char.codePointAt(0) ?? 0)).join('')}"`;
}

function writeCharacters(set: CodePoints): string {
  const ranges = set.map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`));
  return `[${ranges.join('')}]`;
}

/** Letters, digits, a few signs and nothing else stand for themselves in both texts and sets. */
function escaped(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  if (/[A-Za-z0-9 _.,:;{}/@]/.test(char)) return char;
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xff_ff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
