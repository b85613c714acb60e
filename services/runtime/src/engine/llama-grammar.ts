import { Fault } from '@sluice/platform/fault';
import type { BindingGrammars, BindingGrammarState } from './binding.ts';
import type { Grammar } from './engine.ts';

/** A parsed grammar. Every request copies its state at the start, so that none sees how far another has come. */
export class LlamaGrammar implements Grammar {
  readonly gbnf: string;
  readonly #start: BindingGrammarState;
  readonly #bindings: BindingGrammars;

  private constructor(gbnf: string, start: BindingGrammarState, bindings: BindingGrammars) {
    this.gbnf = gbnf;
    this.#start = start;
    this.#bindings = bindings;
  }

  /** Throws a Fault for what llama.cpp cannot parse. */
  static compile(gbnf: string, bindings: BindingGrammars): LlamaGrammar {
    try {
      return new LlamaGrammar(gbnf, bindings.compile(gbnf), bindings);
    } catch (error) {
      throw new Fault('INVALID_VALUE', { message: 'The grammar is not valid GBNF.', param: 'grammar', cause: error });
    }
  }

  begin(): GrammarProgress {
    return new GrammarProgress(this.#bindings.clone(this.#start), this.#bindings);
  }
}

/** How far one output has come in its grammar. */
export class GrammarProgress {
  /** For the native sampler, which moves it on by itself. */
  readonly state: BindingGrammarState;
  readonly #bindings: BindingGrammars;

  constructor(state: BindingGrammarState, bindings: BindingGrammars) {
    this.state = state;
    this.#bindings = bindings;
  }

  copy(): GrammarProgress {
    return new GrammarProgress(this.#bindings.clone(this.state), this.#bindings);
  }

  allows(token: number): boolean {
    return this.#bindings.canBeNext(this.state, token);
  }

  /** Only for a token that it allows and that does not end the generation. */
  accept(token: number): void {
    this.#bindings.accept(this.state, token);
  }
}

export function asLlamaGrammar(grammar: Grammar): LlamaGrammar {
  if (grammar instanceof LlamaGrammar) return grammar;
  throw new TypeError('a grammar of another engine');
}
