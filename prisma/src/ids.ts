import { randomBytes } from 'node:crypto';

/** What an id names, readable in every log. */
export type IdKind = 'org' | 'proj' | 'user' | 'key' | 'svcacct' | 'audit' | 'session' | 'family';

/** A fresh id with 120 random bits, e.g. "proj_4f0c…". */
export function createId(kind: IdKind): string {
  return `${kind}_${randomBytes(15).toString('hex')}`;
}
