import { limitsSchema } from '@sluice/prisma/limits';
import type { Change } from './change-store.ts';
import { keyFacts, type KeySpec } from './key-spec.ts';

type RevocableKey = Omit<KeySpec, 'limits'> & {
  readonly id: string;
  readonly publicId: string;
  readonly projectId: string;
  readonly redactedValue: string;
  /** As a row has them, or as they were read. */
  readonly limits: unknown;
};

/** Ends keys within a change, each with its line in the audit log. */
export async function revokeKeys(change: Change, keys: readonly RevocableKey[]): Promise<void> {
  for (const key of keys) {
    const { id, publicId, projectId, redactedValue } = key;
    await change.tx.apiKey.update({ where: { id }, data: { revokedAt: change.now } });
    const before = { redactedValue, ...keyFacts({ ...key, limits: limitsSchema.parse(key.limits) }) };
    change.record({ type: 'api_key.deleted', target: { kind: 'api_key', id }, projectId, before, after: null });
    change.outdates(`key:${publicId}`);
  }
}
