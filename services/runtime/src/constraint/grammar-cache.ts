import { createHash } from 'node:crypto';
import { CODES } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { LRUCache } from 'lru-cache';
import type { Engine, Grammar } from '../engine/engine.ts';
import type { OutputSource } from './output-source.ts';

/** Compiled grammars of one engine. */
const GRAMMARS_MAX = 256;
/** Of their texts; compiled they take a few times as much. */
const CHARACTERS_MAX = 8_000_000;
/** Refusals of one engine: a source that takes seconds to be refused must not do so again at once. */
const REFUSALS_MAX = 1_024;
/** A machine that was busy may have been why a source took too long. */
const REFUSAL_TTL_MS = 60_000;

type Compiling = Pick<Engine, 'compileGrammar'>;

/** Grammars by what they stand for: made once, for all requests that ask for the same, also when they ask at once. */
export class GrammarCache {
  readonly #writer: { write(source: OutputSource): Promise<string> };
  /** An engine takes its grammars with it. */
  readonly #engines = new WeakMap<Compiling, EngineGrammars>();

  readonly #perf: { now(): number };

  constructor(writer: { write(source: OutputSource): Promise<string> }, { perf = performance }: { perf?: { now(): number } } = {}) {
    this.#writer = writer;
    this.#perf = perf;
  }

  /** At once where it is known. Otherwise rejects with a Fault for what cannot be held, and throws that one for a minute. */
  get(engine: Compiling, source: OutputSource): Grammar | Promise<Grammar> {
    const grammars = this.#grammarsOf(engine);
    const key = createHash('sha256').update(JSON.stringify(source)).digest('base64');
    const refusal = grammars.refused.get(key);
    if (refusal) throw refusal;
    return grammars.ready.get(key) ?? grammars.pending.get(key) ?? this.#make(engine, source, { key, ...grammars });
  }

  #make(engine: Compiling, source: OutputSource, { key, ready, pending, refused }: EngineGrammars & { key: string }): Promise<Grammar> {
    const making = this.#writer
      .write(source)
      .then((gbnf) => engine.compileGrammar(gbnf))
      .then(
        (grammar) => {
          ready.set(key, grammar);
          return grammar;
        },
        (error: unknown) => {
          if (error instanceof Fault && isOfSource(error)) refused.set(key, error);
          throw error;
        },
      )
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
    const refused = new LRUCache<string, Fault>({ max: REFUSALS_MAX, ttl: REFUSAL_TTL_MS, ttlResolution: 0, perf: this.#perf });
    const grammars = { ready, pending: new Map<string, Promise<Grammar>>(), refused };
    this.#engines.set(engine, grammars);
    return grammars;
  }
}

type EngineGrammars = {
  readonly ready: LRUCache<string, Grammar>;
  readonly pending: Map<string, Promise<Grammar>>;
  readonly refused: LRUCache<string, Fault>;
};

/** The source's own fault, and not the moment's. */
function isOfSource({ code }: Fault): boolean {
  return CODES[code].http === 400;
}
