import { Fault } from '@sluice/platform/fault';
import { Unsupported } from '../unsupported.ts';
import type { JsonObject } from './json.ts';

/** A schema inside the document, and how one gets there. */
export type Place = {
  readonly schema: JsonObject | boolean;
  /** In the notation of `param`: `.properties.age`, `.anyOf[0]`. */
  readonly path: string;
};

/** A schema with keywords. */
export type Leaf = Place & { readonly schema: JsonObject };

const ids = new WeakMap<JsonObject, number>();
let idsGiven = 0;

/** What tells schemas apart. Paths do not: a property may be named `a.items`. */
export function idOf({ schema }: Leaf): number {
  const id = ids.get(schema) ?? ++idsGiven;
  ids.set(schema, id);
  return id;
}

/** A Fault that names the keyword at fault. */
export function refuse(place: Place, keyword: string, message: string): Fault {
  return new Fault('UNSUPPORTED_VALUE', { message, param: `${place.path}.${keyword}` });
}

export function invalid(place: Place, keyword: string, message: string): Fault {
  return new Fault('INVALID_VALUE', { message, param: `${place.path}.${keyword}` });
}

/** Runs what may find a keyword unsupported, and names it then. */
export function attempt<Result>(place: Place, keyword: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    throw refuse(place, keyword, `Constrained output does not support ${error.message}.`);
  }
}
