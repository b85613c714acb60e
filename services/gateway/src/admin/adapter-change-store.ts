import type { AuditType, Facts } from './audit-entry.ts';
import type { Changes } from './change-store.ts';
import { requireHomeOrganization } from './home-organization-store.ts';
import type { Requester } from './requester.ts';

export type AdapterChangeStore = ReturnType<typeof createAdapterChangeStore>;

/** Adapters are on the workers; what is kept here is who changed them. */
export function createAdapterChangeStore(changes: Changes) {
  return {
    /** Workers are shared by all organizations, so only the first one changes what they have. Throws INSUFFICIENT_PERMISSIONS. */
    assertMay: (by: Requester): Promise<void> => changes(by, requireHomeOrganization),

    record: (
      by: Requester,
      { type, id, before, after }: { type: Extract<AuditType, `adapter.${string}`>; id: string; before: Facts | null; after: Facts | null },
    ): Promise<void> =>
      changes(by, (change) => {
        change.record({ type, target: { kind: 'adapter', id }, before, after });
        return Promise.resolve();
      }),
  };
}
