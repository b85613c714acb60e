import { assertKeywords, branchesAt, textAt } from './keywords.ts';
import { idOf, invalid, type Leaf, type Place } from './place.ts';
import { assertSameBase, resolveReference } from './references.ts';

/** Schemas that a value must fulfil all of, with their references and `allOf` taken apart. */
export type Conjunction = {
  readonly leaves: readonly Leaf[];
  /** Of each, at least one or exactly one must be fulfilled too. */
  readonly groups: readonly Group[];
  /** Somewhere in it stands `false`. */
  readonly isImpossible: boolean;
};

export type Group = { readonly leaf: Leaf; readonly keyword: 'anyOf' | 'oneOf'; readonly branches: readonly Place[] };

/** Takes schemas apart. Throws a Fault for keywords that are not supported, and for a schema that refers to itself with nothing between. */
export function flatten(root: Place, places: readonly Place[]): Conjunction {
  const leaves = new Map<number, Leaf>();
  const groups: Group[] = [];
  const open = new Set<number>();
  let isImpossible = false;

  const visit = (place: Place): void => {
    if (typeof place.schema === 'boolean') {
      isImpossible ||= !place.schema;
      return;
    }
    const leaf: Leaf = { path: place.path, schema: place.schema };
    const id = idOf(leaf);
    if (open.has(id)) throw invalid(leaf, '$ref', 'The schema refers to itself with nothing between.');
    if (leaves.has(id)) return;
    assertKeywords(leaf);
    if (place.schema !== root.schema) assertSameBase(leaf);
    leaves.set(id, leaf);
    open.add(id);
    const reference = textAt(leaf, '$ref');
    if (reference !== undefined) visit(resolveReference(root, leaf, reference));
    for (const part of branchesAt(leaf, 'allOf')) visit(part);
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = branchesAt(leaf, keyword);
      if (branches.length > 0) groups.push({ leaf, keyword, branches });
    }
    open.delete(id);
  };

  for (const place of places) visit(place);
  return { leaves: [...leaves.values()].filter(saysSomething), groups, isImpossible };
}

/** Not only where to look. */
function saysSomething({ schema }: Leaf): boolean {
  return Object.keys(schema).some((keyword) => !SILENT.has(keyword));
}

const SILENT = new Set([
  '$ref',
  'allOf',
  '$defs',
  'definitions',
  '$schema',
  '$id',
  'id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
]);
