import { areDisjoint } from './disjoint.ts';
import { flatten, type Conjunction, type Group } from './flatten.ts';
import { idOf, invalid, refuse, type Leaf, type Place } from './place.ts';
import { shapeOf } from './shape.ts';

/** Ways to fulfil one schema; more come from combinations that nobody means. */
const ALTERNATIVES_MAX = 256;

/** One way to fulfil a schema: all these at once. */
export type Alternative = readonly Leaf[];

/** Groups that still are to be chosen from, each with those whose branches lead to it. */
type Open = { readonly leaves: readonly Leaf[]; readonly groups: readonly Nested[]; readonly isImpossible: boolean };
type Nested = { readonly group: Group; readonly within: ReadonlySet<string> };

const OUTERMOST: ReadonlySet<string> = new Set();

/** All ways to fulfil a conjunction, `anyOf` and `oneOf` multiplied out. Throws a Fault where branches of a `oneOf` may both match. */
export function alternativesOf(root: Place, conjunction: Conjunction): readonly Alternative[] {
  return choose(root, within(OUTERMOST, conjunction), new Set());
}

/** `chosen` are the groups of which a branch is among the leaves: what asks for them again asks for nothing more. */
function choose(root: Place, open: Open, chosen: ReadonlySet<string>): readonly Alternative[] {
  if (open.isImpossible) return [];
  const [next, ...others] = open.groups;
  if (!next) return [open.leaves];
  const around = { ...open, groups: others };
  const { leaf, keyword } = next.group;
  const name = `${idOf(leaf)} ${keyword}`;
  if (next.within.has(name)) throw invalid(leaf, keyword, 'The schema refers to itself with nothing between.');
  if (chosen.has(name)) return choose(root, around, chosen);
  const nowChosen = new Set(chosen).add(name);
  const branches = next.group.branches.map((branch) => within(new Set(next.within).add(name), flatten(root, [branch])));
  const waysOf = (base: Open, branch: Open): readonly Alternative[] => choose(root, joined(base, branch), nowChosen);
  if (keyword === 'oneOf') {
    const base = { ...around, groups: [] };
    assertExclusive(
      root,
      leaf,
      branches.map((branch) => waysOf(base, branch)),
    );
  }
  const alternatives = branches.flatMap((branch) => waysOf(around, branch));
  if (alternatives.length > ALTERNATIVES_MAX)
    throw refuse(leaf, keyword, `Constrained output does not support more than ${ALTERNATIVES_MAX} combinations.`);
  return alternatives;
}

function within(names: ReadonlySet<string>, { groups, ...conjunction }: Conjunction): Open {
  return { ...conjunction, groups: groups.map((group) => ({ group, within: names })) };
}

function joined(a: Open, b: Open): Open {
  const leaves = new Map([...a.leaves, ...b.leaves].map((leaf) => [idOf(leaf), leaf]));
  return { leaves: [...leaves.values()], groups: [...a.groups, ...b.groups], isImpossible: a.isImpossible || b.isImpossible };
}

function assertExclusive(root: Place, leaf: Leaf, branches: readonly (readonly Alternative[])[]): void {
  const shapes = branches.map((alternatives) => alternatives.map((alternative) => shapeOf(alternative)));
  for (let i = 0; i < shapes.length; i++) {
    for (let j = i + 1; j < shapes.length; j++) {
      const overlap = shapes[i]?.some((a) => shapes[j]?.some((b) => !areDisjoint(root, a, b)));
      if (overlap) {
        const message = `A value may match the branches ${i} and ${j} of this \`oneOf\`. Make them exclude each other, for instance by a required property with another \`const\` in each, or use \`anyOf\`.`;
        throw refuse(leaf, 'oneOf', message);
      }
    }
  }
}
