import { areDisjoint } from './disjoint.ts';
import { flatten, type Conjunction, type Group } from './flatten.ts';
import { idOf, invalid, refuse, type Leaf, type Place } from './place.ts';
import { shapeOf } from './shape.ts';

/** Ways to fulfil one schema; more come from combinations that nobody means. */
const ALTERNATIVES_MAX = 256;

/** One way to fulfil a schema: all these at once. */
export type Alternative = readonly Leaf[];

/** All ways to fulfil a conjunction, `anyOf` and `oneOf` multiplied out. Throws a Fault where branches of a `oneOf` may both match. */
export function alternativesOf(root: Place, conjunction: Conjunction, opened: ReadonlySet<string> = new Set()): readonly Alternative[] {
  if (conjunction.isImpossible) return [];
  const [group, ...others] = conjunction.groups;
  if (!group) return [conjunction.leaves];
  const around = { ...conjunction, groups: others };
  const { leaf, keyword } = group;
  const name = `${idOf(leaf)} ${keyword}`;
  if (opened.has(name)) throw invalid(leaf, keyword, 'The schema refers to itself with nothing between.');
  const nowOpened = new Set(opened).add(name);
  if (keyword === 'oneOf') assertExclusive(root, group, around, nowOpened);
  const alternatives = group.branches.flatMap((branch) => alternativesOf(root, joined(around, flatten(root, [branch])), nowOpened));
  if (alternatives.length > ALTERNATIVES_MAX)
    throw refuse(leaf, keyword, `Constrained output does not support more than ${ALTERNATIVES_MAX} combinations.`);
  return alternatives;
}

function joined(a: Conjunction, b: Conjunction): Conjunction {
  const leaves = new Map([...a.leaves, ...b.leaves].map((leaf) => [idOf(leaf), leaf]));
  return { leaves: [...leaves.values()], groups: [...a.groups, ...b.groups], isImpossible: a.isImpossible || b.isImpossible };
}

function assertExclusive(root: Place, { leaf, branches }: Group, around: Conjunction, opened: ReadonlySet<string>): void {
  const base = { ...around, groups: [] };
  const shapes = branches.map((branch) =>
    alternativesOf(root, joined(base, flatten(root, [branch])), opened).map((alternative) => shapeOf(alternative)),
  );
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
