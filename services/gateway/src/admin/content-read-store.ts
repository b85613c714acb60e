import type { Database } from '@sluice/prisma/client';
import { appendAudit } from './audit-append-store.ts';
import type { Requester } from './requester.ts';

type ContentRead = { readonly projectId: string; readonly requestIds: readonly string[] };

export type ContentReadStore = {
  /** Puts into the audit log who reads the prompts and answers of which requests. Rejects when it is not there: then nobody may read them. */
  note(by: Requester, read: ContentRead): Promise<void>;
};

export function createContentReadStore(db: Pick<Database, 'auditLog'>): ContentReadStore {
  return {
    note: async (by, { projectId, requestIds }) => {
      const entries = requestIds.map((id) => ({ ...READ, target: { kind: 'request', id }, projectId }) as const);
      await appendAudit(db, entries, { by });
    },
  };
}

const READ = { type: 'request_content.read', before: null, after: null } as const;
