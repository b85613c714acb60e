import { LRUCache } from 'lru-cache';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Demand } from '../limits/limiter.ts';

/** As many as there may be keys in the cache. */
const KEYS_MAX = 20_000;

/** What changes of a key, and of what it belongs to, its snapshot here already holds. */
export class SeenEpochs {
  readonly #seen = new LRUCache<string, Demand['epochs']>({ max: KEYS_MAX });

  /** The epochs that a request of this key depends on, each with the value that was seen before the snapshot was read. */
  of(key: KeySnapshot): Demand['epochs'] {
    let epochs = this.#seen.get(key.publicId);
    if (!epochs) {
      epochs = namesOf(key).map((name) => ({ name, seen: '' }));
      this.#seen.set(key.publicId, epochs);
    }
    return epochs;
  }

  /** To be called when a snapshot was read that the store held after these values were. */
  learn(publicId: string, epochs: Demand['epochs']): void {
    this.#seen.set(publicId, epochs);
  }
}

/** A tier's or a price's change bumps the organization's. */
function namesOf(key: KeySnapshot): readonly string[] {
  const names = [`key:${key.publicId}`, `project:${key.projectId}`, `org:${key.organizationId}`];
  return key.userId === undefined ? names : [...names, `user:${key.userId}`];
}
