import { isArray, isObject, type Json } from './json.ts';
import { invalid, refuse, type Leaf, type Place } from './place.ts';

/** Finds what `$ref` points at. Throws a Fault for what lies outside the document, or nowhere. */
export function resolveReference(root: Place, leaf: Leaf, reference: string): Place {
  if (!reference.startsWith('#')) throw refuse(leaf, '$ref', 'Constrained output follows no reference out of the schema.');
  const pointer = decoded(leaf, reference.slice(1));
  if (pointer === '') return root;
  if (!pointer.startsWith('/')) throw refuse(leaf, '$ref', 'Constrained output follows JSON pointers only, such as `#/$defs/name`.');
  let value: Json | undefined = root.schema;
  let path = root.path;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const isIndex = isArray(value);
    value = childOf(value, key);
    path = isIndex ? `${path}[${key}]` : `${path}.${key}`;
    if (isObject(value)) assertSameBase({ path, schema: value });
  }
  if (typeof value === 'boolean' || isObject(value)) return { schema: value, path };
  throw invalid(leaf, '$ref', 'The reference points at no schema of this document.');
}

/** Throws a Fault for a schema inside the document that is a document of its own: what its references mean is another thing. */
export function assertSameBase(leaf: Leaf): void {
  for (const keyword of ['$id', 'id']) {
    const id = leaf.schema[keyword];
    // Draft 7 names places by fragments, which move nothing.
    if (typeof id === 'string' && !id.startsWith('#'))
      throw refuse(leaf, keyword, `Constrained output supports \`${keyword}\` at the root only, where it changes no reference.`);
  }
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decoded(leaf: Leaf, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(leaf, '$ref', 'The reference is not a valid URI.');
  }
}
