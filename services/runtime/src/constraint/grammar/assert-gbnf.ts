import { Fault } from '@sluice/platform/fault';
import { readGbnf, type Gbnf, type GbnfItem, type GbnfOptions } from './read-gbnf.ts';

/** A grammar is copied for each request, and read by hand. */
const SIZE_MAX = 65_536;
/** llama.cpp refuses 2,000 repetitions of a part, and multiplies those of parts inside each other. */
const TIMES_MAX = 1_999;
/** Rules after repetitions are written out. */
const RULES_MAX = 20_000;
/** Ways open at the same place. Each is tried with each token that the model proposes. */
const WAYS_MAX = 2_000;

/** Reads a grammar. Throws a Fault unless llama.cpp will take it, and come to an end with it. */
export function assertGbnf(source: string, param: string): Gbnf {
  const fail = (message: string): never => {
    throw new Fault('INVALID_VALUE', { message, param });
  };
  if (source.length > SIZE_MAX) fail(`The grammar has more than ${SIZE_MAX} characters.`);
  const gbnf = readGbnf(source, param);
  if (!gbnf.has('root')) fail('The grammar has no rule named `root`.');
  const unknown = [...gbnf.values()].flatMap(namesIn).find((name) => !gbnf.has(name));
  if (unknown !== undefined) fail(`The grammar has no rule named \`${unknown.slice(0, 100)}\`.`);
  let rules = 0;
  for (const options of gbnf.values()) rules += expandedRules(options, 1, fail);
  if (rules > RULES_MAX) fail('The repetitions of the grammar are too many.');
  const leftSide = new LeftSide(gbnf);
  const recursive = leftSide.findRecursion();
  if (recursive !== undefined) fail(`The rule \`${recursive.slice(0, 100)}\` can go on without reading a character, which has no end.`);
  if (leftSide.waysMax() > WAYS_MAX) fail('The grammar is too ambiguous: too many ways are open at one place.');
  return gbnf;
}

function expandedRules(options: GbnfOptions, around: number, fail: (message: string) => never): number {
  let rules = 1;
  for (const item of options.flat()) {
    if (item.kind === 'group') rules += expandedRules(item.options, around, fail);
    if (item.kind !== 'repeat') continue;
    const times = Math.max(1, item.max === Number.POSITIVE_INFINITY ? item.min : item.max) * around;
    if (times > TIMES_MAX) fail(`The grammar repeats a part more than ${TIMES_MAX} times.`);
    rules += times + expandedRules([item.of], times, fail);
  }
  return rules;
}

function namesIn(options: GbnfOptions): string[] {
  return options.flat().flatMap((item) => {
    if (item.kind === 'rule') return [item.name];
    if (item.kind === 'group') return namesIn(item.options);
    return item.kind === 'repeat' ? namesIn([item.of]) : [];
  });
}

/** What rules can begin with. */
class LeftSide {
  readonly #gbnf: Gbnf;
  readonly #nullable = new Set<string>();
  readonly #waysOfRules = new Map<string, number>();

  constructor(gbnf: Gbnf) {
    this.#gbnf = gbnf;
    for (let size = -1; size !== this.#nullable.size;) {
      size = this.#nullable.size;
      for (const [name, options] of gbnf)
        if (options.some((items) => items.every((item) => this.#isNullable(item)))) this.#nullable.add(name);
    }
  }

  /** A rule that comes back to itself, or repeats, before it has read a character. */
  findRecursion(): string | undefined {
    for (const [name, options] of this.#gbnf) if (this.#repeatsNothing(options)) return name;
    const done = new Set<string>();
    const open = new Set<string>();
    const visit = (name: string): boolean => {
      if (open.has(name)) return true;
      if (done.has(name)) return false;
      open.add(name);
      const isRecursive = this.#firstNames(this.#gbnf.get(name) ?? []).some(visit);
      open.delete(name);
      done.add(name);
      return isRecursive;
    };
    return [...this.#gbnf.keys()].find(visit);
  }

  /** The most ways that are open at any place of any rule. Only after no recursion was found. */
  waysMax(): number {
    let most = 0;
    for (const options of this.#gbnf.values()) most = Math.max(most, this.#waysOf(options), this.#waysWithin(options));
    return most;
  }

  #waysWithin(options: GbnfOptions): number {
    let most = 0;
    for (const items of options) {
      items.forEach((item, i) => {
        if (item.kind === 'characters') return;
        most = Math.max(most, this.#waysOf([items.slice(i)]));
        if (item.kind !== 'rule') most = Math.max(most, this.#waysWithin(item.kind === 'group' ? item.options : [item.of]));
      });
    }
    return most;
  }

  #repeatsNothing(options: GbnfOptions): boolean {
    return options.flat().some((item) => {
      if (item.kind === 'group') return this.#repeatsNothing(item.options);
      if (item.kind !== 'repeat') return false;
      const isEndless = item.max === Number.POSITIVE_INFINITY && item.of.every((inner) => this.#isNullable(inner));
      return isEndless || this.#repeatsNothing([item.of]);
    });
  }

  /** How many places a rule's first character may be read at, counted once for each way to get there. */
  #ways(name: string): number {
    const known = this.#waysOfRules.get(name);
    if (known !== undefined) return known;
    const ways = this.#waysOf(this.#gbnf.get(name) ?? []);
    this.#waysOfRules.set(name, ways);
    return ways;
  }

  #waysOf(options: GbnfOptions): number {
    let ways = 0;
    for (const items of options) {
      for (const item of items) {
        if (item.kind === 'characters') ways++;
        else if (item.kind === 'rule') ways += this.#ways(item.name);
        else ways += this.#waysOf(item.kind === 'group' ? item.options : [item.of]);
        if (!this.#isNullable(item)) break;
      }
    }
    return Math.min(ways, 1e9);
  }

  #firstNames(options: GbnfOptions): string[] {
    const names: string[] = [];
    for (const items of options) {
      for (const item of items) {
        if (item.kind === 'rule') names.push(item.name);
        if (item.kind === 'group') names.push(...this.#firstNames(item.options));
        if (item.kind === 'repeat') names.push(...this.#firstNames([item.of]));
        if (!this.#isNullable(item)) break;
      }
    }
    return names;
  }

  #isNullable(item: GbnfItem): boolean {
    if (item.kind === 'characters') return false;
    if (item.kind === 'rule') return this.#nullable.has(item.name);
    if (item.kind === 'group') return item.options.some((items) => items.every((inner) => this.#isNullable(inner)));
    return item.min === 0 || item.of.every((inner) => this.#isNullable(inner));
  }
}
