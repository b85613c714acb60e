import { generateApiKey, hashApiKey } from '@sluice/platform/api-key';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { HistoryStore } from '../history/history-store.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { keySnapshot } from './key-snapshot.ts';

export type MemoryKeyStore = KeyStore & {
  /** Issues a key and returns its plaintext. */
  issue(change?: Partial<KeySnapshot>): string;
  /** How often it was asked. */
  readonly lookups: number;
  /** Every lookup rejects with this, as a database that is away does. */
  failure: Error | undefined;
};

export function createMemoryKeyStore(pepper: string): MemoryKeyStore {
  const keys = new Map<string, KeySnapshot>();
  let lookups = 0;
  return {
    failure: undefined,
    get lookups() {
      return lookups;
    },
    issue: (change = {}) => {
      const { publicId, plaintext } = generateApiKey();
      const snapshot = keySnapshot({ id: `key_${publicId}`, publicId, secretHash: hashApiKey(plaintext, pepper) });
      keys.set(publicId, { ...snapshot, ...change });
      return plaintext;
    },
    async findByPublicId(publicId) {
      lookups += 1;
      if (this.failure) throw this.failure;
      return keys.get(publicId);
    },
  };
}

export type MemoryHistoryStore = HistoryStore & {
  readonly rows: RequestRow[];
  /** Batches that were written. */
  readonly appends: number;
  /** Every append rejects with this. */
  failure: Error | undefined;
  /** Rows with this model are refused. */
  refusedModel: string | undefined;
};

export function createMemoryHistoryStore(): MemoryHistoryStore {
  const rows: RequestRow[] = [];
  let appends = 0;
  return {
    rows,
    get appends() {
      return appends;
    },
    failure: undefined,
    refusedModel: undefined,
    ensurePartitions: () => Promise.resolve(0),
    async append(batch) {
      if (this.failure) throw this.failure;
      if (batch.some(({ model }) => model === this.refusedModel)) return 'refused';
      const known = new Set(rows.map(({ requestId }) => requestId));
      rows.push(...batch.filter(({ requestId }) => !known.has(requestId)));
      appends += 1;
      return 'written';
    },
  };
}
