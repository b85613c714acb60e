import { ANY_CHARACTER, intersect, unite, without } from '../language/code-points.ts';
import { assertGbnf } from './assert-gbnf.ts';
import { characters, choice, repeat, ruleNamed, sequence, type Expression } from './expression.ts';
import type { GbnfItem, GbnfOptions } from './read-gbnf.ts';
import type { Rules } from './rules.ts';

/** A client's own grammar, from its rule `root` on. Throws a Fault for one that llama.cpp would not take, or not come to an end with. */
export function gbnfRule(rules: Rules, source: string, param: string): Expression {
  const gbnf = assertGbnf(source, param);
  const names = new Map([...gbnf.keys()].map((name) => [name, rules.reserve('own')]));
  const convert = (item: GbnfItem): Expression => {
    switch (item.kind) {
      case 'characters': {
        const set = unite([item.set]);
        return characters(item.isNegated ? without(ANY_CHARACTER, set) : intersect(ANY_CHARACTER, set));
      }
      case 'rule':
        return ruleNamed(names.get(item.name) ?? '');
      case 'group':
        return convertAll(item.options);
      case 'repeat':
        return repeat(sequence(...item.of.map(convert)), item.min, item.max);
      default:
        return item satisfies never;
    }
  };
  const convertAll = (options: GbnfOptions): Expression => choice(...options.map((items) => sequence(...items.map(convert))));
  for (const [name, options] of gbnf) rules.define(names.get(name) ?? '', convertAll(options));
  return ruleNamed(names.get('root') ?? '');
}
