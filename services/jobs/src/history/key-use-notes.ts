import type { Log } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { KeyUseStore } from './key-use-store.ts';

const NOTE_EVERY_MS = 5_000;

/** Gathers when keys were last used and notes it for many at a time, apart from the history: the rows of keys are other people's to change. */
export class KeyUseNotes {
  readonly #store: KeyUseStore;
  readonly #log: Log;
  #usedAt = new Map<string, Date>();
  #timer: NodeJS.Timeout | undefined;
  #noting: Promise<void> = Promise.resolve();

  constructor({ store, log }: { store: KeyUseStore; log: Log }) {
    this.#store = store;
    this.#log = log;
  }

  saw(rows: readonly RequestRow[]): void {
    for (const { apiKeyId, createdAt } of rows) this.#add(apiKeyId, createdAt);
    this.#timer ??= setTimeout(() => this.#note(), NOTE_EVERY_MS);
  }

  /** Notes what is left. */
  async close(): Promise<void> {
    this.#note();
    await this.#noting;
    clearTimeout(this.#timer);
  }

  #add(keyId: string, usedAt: Date): void {
    const known = this.#usedAt.get(keyId);
    if (!known || known < usedAt) this.#usedAt.set(keyId, usedAt);
  }

  #note(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#noting = this.#noting.then(() => this.#noteAll());
  }

  async #noteAll(): Promise<void> {
    const uses = this.#usedAt;
    if (uses.size === 0) return;
    this.#usedAt = new Map();
    try {
      const left = await this.#store.note([...uses].map(([keyId, usedAt]) => ({ keyId, usedAt })));
      this.#tryAgain(uses, left);
    } catch (error) {
      this.#log.warn({ err: error, keys: uses.size }, 'the last use of keys could not be noted; it will be tried again');
      this.#tryAgain(uses, [...uses.keys()]);
    }
  }

  #tryAgain(uses: ReadonlyMap<string, Date>, keyIds: readonly string[]): void {
    for (const keyId of keyIds) {
      const usedAt = uses.get(keyId);
      if (usedAt) this.#add(keyId, usedAt);
    }
    if (keyIds.length > 0) this.#timer ??= setTimeout(() => this.#note(), NOTE_EVERY_MS);
  }
}
