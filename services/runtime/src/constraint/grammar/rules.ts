import { type Expression, ruleNamed } from './expression.ts';
import { Unsupported } from '../unsupported.ts';

/** More than any schema needs that a model could follow. */
const RULES_MAX = 20_000;

/** The rules of a grammar while it is made. What is asked for again under the same key is the same rule. */
export class Rules {
  readonly #definitions = new Map<string, Expression>();
  readonly #names = new Map<string, string>();
  #count = 0;

  /** The rule of a key; made once, also when it needs itself. */
  shared(key: string, hint: string, make: () => Expression): Expression {
    const known = this.#names.get(key);
    if (known !== undefined) return ruleNamed(known);
    const name = this.reserve(hint);
    this.#names.set(key, name);
    this.define(name, make());
    return ruleNamed(name);
  }

  /** A new name, to be defined later. */
  reserve(hint: string): string {
    if (++this.#count > RULES_MAX) throw new Unsupported(`more than ${RULES_MAX} grammar rules`);
    return `${hint}-${this.#count}`;
  }

  define(name: string, expression: Expression): void {
    this.#definitions.set(name, expression);
  }

  get definitions(): ReadonlyMap<string, Expression> {
    return this.#definitions;
  }
}
