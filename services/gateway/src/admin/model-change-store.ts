import type { AuditType, Facts } from './audit-entry.ts';
import type { Changes } from './change-store.ts';
import { requireHomeOrganization } from './home-organization-store.ts';
import type { Requester } from './requester.ts';

export type ModelChangeStore = ReturnType<typeof createModelChangeStore>;

type ModelChange = { type: Extract<AuditType, `model.${string}`>; model: string; before: Facts; after: Facts };

/** Models run on the workers; what is kept here is who loaded, unloaded and pinned them. */
export function createModelChangeStore(changes: Changes) {
  return {
    /** Workers are shared by all organizations, so only the first one changes what they run. Throws INSUFFICIENT_PERMISSIONS. */
    assertMay: (by: Requester): Promise<void> => changes(by, requireHomeOrganization),

    record: (by: Requester, { type, model, before, after }: ModelChange): Promise<void> =>
      changes(by, (change) => {
        change.record({ type, target: { kind: 'model', id: model }, before, after });
        return Promise.resolve();
      }),
  };
}
