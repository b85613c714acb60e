import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';

type Entry<Value> = { readonly value: Promise<Value>; readonly askedAtMs: number };

const ENTRIES_MAX = 10_000;

/** Keeps what was read for a moment, so that many requests at once cost one read. A read that failed is not kept. */
export class BriefCache<Value> {
  readonly #keepMs: number;
  readonly #clock: Clock;
  readonly #entries = new LRUCache<string, Entry<Value>>({ max: ENTRIES_MAX });

  constructor(options: { keepMs: number; clock: Clock }) {
    this.#keepMs = options.keepMs;
    this.#clock = options.clock;
  }

  /** What was read last, counted from when that read began; else what `read` gives now. */
  get(name: string, read: () => Promise<Value>): Promise<Value> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#entries.get(name);
    if (kept && nowMs - kept.askedAtMs < this.#keepMs) return kept.value;
    const entry = { value: read(), askedAtMs: nowMs };
    this.#entries.set(name, entry);
    entry.value.catch(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    });
    return entry.value;
  }

  clear(): void {
    this.#entries.clear();
  }
}
