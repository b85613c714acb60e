import type { Automaton } from '../language/automaton.ts';
import { accepts, isEmpty } from '../language/automaton.ts';
import { ANY_TEXT, both, butNot } from '../language/combine.ts';
import { determinise } from '../language/determinise.ts';
import { choice, literal } from '../language/pattern.ts';
import { schemaAt, schemasAt } from './keywords.ts';
import { attempt, refuse, type Leaf, type Place } from './place.ts';
import type { Shape } from './shape.ts';
import { assertPattern, searchLanguage } from './string-language.ts';

/** What one schema says about the properties of an object. */
type Source = {
  readonly declared: ReadonlyMap<string, Place>;
  readonly patterns: readonly { readonly pattern: string; readonly keys: Automaton; readonly place: Place }[];
  readonly additional: Place | undefined;
};

/** Properties with a name that is not declared. */
export type OtherKeys = {
  /** Undefined means all names. */
  readonly keys: Automaton | undefined;
  readonly places: readonly Place[];
};

/** Each one doubles the kinds of names there are. */
const PATTERNS_MAX = 4;

/** Which schemas a property must fulfil, by its name. */
export class ObjectKeys {
  /** Names that a schema declares or requires, in their order. */
  readonly names: readonly string[];
  readonly #sources: readonly Source[];
  readonly #leaf: Leaf | undefined;
  readonly #min: number;

  constructor(shape: Shape) {
    this.#sources = shape.leaves.map(sourceOf);
    this.#min = shape.properties.min;
    this.#leaf = shape.leaves.find((leaf) => 'patternProperties' in leaf.schema) ?? shape.leaves[0];
    this.names = [...new Set([...this.#sources.flatMap((source) => [...source.declared.keys()]), ...shape.required])];
  }

  placesOf(name: string): readonly Place[] {
    return this.#sources.flatMap((source) => {
      const found = [
        ...(source.declared.has(name) ? [source.declared.get(name)] : []),
        ...source.patterns.filter(({ keys }) => accepts(keys, name)).map(({ place }) => place),
      ].flatMap((place) => place ?? []);
      return found.length > 0 ? found : (source.additional ?? []);
    });
  }

  /** Kinds of names that are not declared, each with what its values must fulfil. */
  others(): readonly OtherKeys[] {
    const patterns = [...new Map(this.#sources.flatMap(({ patterns }) => patterns).map((one) => [one.pattern, one.keys]))];
    const leaf = this.#leaf;
    if (!leaf) return [{ keys: undefined, places: [] }];
    if (patterns.length > PATTERNS_MAX)
      throw refuse(leaf, 'patternProperties', `Constrained output does not support more than ${PATTERNS_MAX} patterns of one object.`);
    if (patterns.length === 0) return this.#isOpen() ? [this.#othersOf(leaf, ANY_TEXT, [])].flatMap((one) => one ?? []) : [];
    return attempt(leaf, 'patternProperties', () => this.#kinds(leaf, patterns));
  }

  #kinds(leaf: Leaf, patterns: readonly (readonly [string, Automaton])[]): readonly OtherKeys[] {
    const kinds: OtherKeys[] = [];
    for (let chosen = 0; chosen < 2 ** patterns.length; chosen++) {
      const isChosen = (i: number): boolean => (chosen & (2 ** i)) !== 0;
      if (chosen === 0 && !this.#isOpen()) continue;
      const keys = patterns.reduce((left, [, one], i) => (isChosen(i) ? both(left, one) : butNot(left, one)), ANY_TEXT);
      const matched = patterns.filter((_, i) => isChosen(i)).map(([pattern]) => pattern);
      const kind = this.#othersOf(leaf, keys, matched);
      if (kind) kinds.push(kind);
    }
    return kinds;
  }

  #othersOf(leaf: Leaf, keys: Automaton, matched: readonly string[]): OtherKeys | undefined {
    const places = this.#sources.flatMap((source) => {
      const own = source.patterns.filter(({ pattern }) => matched.includes(pattern)).map(({ place }) => place);
      return own.length > 0 ? own : (source.additional ?? []);
    });
    if (places.some((place) => place.schema === false)) return undefined;
    if (keys === ANY_TEXT && this.names.length === 0) return { keys: undefined, places };
    const left = attempt(leaf, 'properties', () => butNot(keys, determinise(choice(...this.names.map(literal)))));
    return isEmpty(left) ? undefined : { keys: left, places };
  }

  /** Where nothing is said about further properties, an object has none, unless nothing is said about any, or it must have more. */
  #isOpen(): boolean {
    if (this.#sources.some((source) => source.additional !== undefined)) return true;
    return (this.names.length === 0 || this.#min > this.names.length) && this.#sources.every((source) => source.patterns.length === 0);
  }
}

function sourceOf(leaf: Leaf): Source {
  return {
    declared: schemasAt(leaf, 'properties'),
    patterns: [...schemasAt(leaf, 'patternProperties')].map(([pattern, place]) => {
      assertPattern(leaf, 'patternProperties', pattern);
      return { pattern, place, keys: attempt(leaf, 'patternProperties', () => searchLanguage(pattern)) };
    }),
    additional: schemaAt(leaf, 'additionalProperties'),
  };
}
