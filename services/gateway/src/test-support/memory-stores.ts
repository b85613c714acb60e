import { generateApiKey, hashApiKey, parseApiKey } from '@sluice/platform/api-key';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { HistoryBatch } from '@sluice/prisma/history-batch';
import type { HistoryCarrier } from '../history/history-queue.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { pause } from '../pause.ts';
import { keySnapshot } from './key-snapshot.ts';

export type MemoryKeyStore = KeyStore & {
  /** Issues a key and returns its plaintext. */
  issue(change?: Partial<KeySnapshot>): string;
  /** Changes an issued key, unheard by whoever read it. */
  change(plaintext: string, change: Partial<KeySnapshot>): void;
  remove(plaintext: string): void;
  /** How often it was asked. */
  readonly lookups: number;
  /** Every lookup rejects with this, as a database that is away does. */
  failure: Error | undefined;
};

export function createMemoryKeyStore(pepper: string): MemoryKeyStore {
  const keys = new Map<string, KeySnapshot>();
  const idOf = (plaintext: string): string => parseApiKey(plaintext)?.publicId ?? '';
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
    change: (plaintext, change) => {
      const key = keys.get(idOf(plaintext));
      if (key) keys.set(key.publicId, { ...key, ...change });
    },
    remove: (plaintext) => {
      keys.delete(idOf(plaintext));
    },
    async findByPublicId(publicId) {
      lookups += 1;
      if (this.failure) throw this.failure;
      return keys.get(publicId);
    },
  };
}

export type MemoryHistory = HistoryCarrier & {
  /** Rows that were carried, each once. */
  readonly rows: RequestRow[];
  readonly batches: HistoryBatch[];
  /** Names of the batches that were refused. */
  readonly refusedIds: string[];
  /** Every batch is refused with this. */
  failure: Error | undefined;
  /** How long a batch is on its way. */
  delayMs: number;
};

/** History that goes nowhere. */
export function createMemoryHistory(): MemoryHistory {
  return {
    rows: [],
    batches: [],
    refusedIds: [],
    failure: undefined,
    delayMs: 0,
    async carry(batch) {
      if (this.delayMs > 0) await pause(this.delayMs);
      if (this.failure) {
        this.refusedIds.push(batch.id);
        throw this.failure;
      }
      const known = new Set(this.rows.map(({ requestId }) => requestId));
      this.rows.push(...batch.rows.filter(({ requestId }) => !known.has(requestId)));
      this.batches.push(batch);
    },
  };
}
