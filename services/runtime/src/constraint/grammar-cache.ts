import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Engine, Grammar } from '../engine/engine.ts';
import type { OutputSource } from './output-source.ts';

/** Compiled grammars of one engine. */
const GRAMMARS_MAX = 256;
/** Of their texts; compiled they take a few times as much. */
const CHARACTERS_MAX = 8_000_000;

type Compiling = Pick<Engine, 'compileGrammar'>;

/** Grammars by what they stand for: made once, for all requests that ask for the same, also when they ask at once. */
export class GrammarCache {
  readonly #writer: { write(source: OutputSource): Promise<string> };
  /** An engine takes its grammars with it. */
  readonly #engines = new WeakMap<Compiling, EngineGrammars>();

  constructor(writer: { write(source: OutputSource): Promise<string> }) {
    this.#writer = writer;
  }

  /** At once where it is known. Otherwise rejects with a Fault for what cannot be held, which is not remembered. */
  get(engine: Compiling, source: OutputSource): Grammar | Promise<Grammar> {
    const grammars = this.#grammarsOf(engine);
    const key = createHash('sha256').update(JSON.stringify(source)).digest('base64');
    return grammars.ready.get(key) ?? grammars.pending.get(key) ?? this.#make(engine, source, { key, ...grammars });
  }

  #make(engine: Compiling, source: OutputSource, { key, ready, pending }: EngineGrammars & { key: string }): Promise<Grammar> {
    const making = this.#writer
      .write(source)
      .then((gbnf) => engine.compileGrammar(gbnf))
      .then((grammar) => {
        ready.set(key, grammar);
        return grammar;
      })
      .finally(() => pending.delete(key));
    pending.set(key, making);
    return making;
  }

  #grammarsOf(engine: Compiling): EngineGrammars {
    const known = this.#engines.get(engine);
    if (known) return known;
    const ready = new LRUCache<string, Grammar>({
      max: GRAMMARS_MAX,
      maxSize: CHARACTERS_MAX,
      sizeCalculation: (grammar) => grammar.gbnf.length + 1,
    });
    const grammars = { ready, pending: new Map<string, Promise<Grammar>>() };
    this.#engines.set(engine, grammars);
    return grammars;
  }
}

type EngineGrammars = { readonly ready: LRUCache<string, Grammar>; readonly pending: Map<string, Promise<Grammar>> };
