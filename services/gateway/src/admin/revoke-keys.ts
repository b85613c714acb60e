import type { Change } from './change-store.ts';

type RevocableKey = { readonly id: string; readonly publicId: string; readonly projectId: string; readonly name: string };

/** Ends keys within a change, each with its line in the audit log. */
export async function revokeKeys(change: Change, keys: readonly RevocableKey[]): Promise<void> {
  for (const { id, publicId, projectId, name } of keys) {
    await change.tx.apiKey.update({ where: { id }, data: { revokedAt: change.now } });
    change.record({ type: 'api_key.deleted', target: { kind: 'api_key', id }, projectId, before: { name }, after: null });
    change.outdates(`key:${publicId}`);
  }
}
