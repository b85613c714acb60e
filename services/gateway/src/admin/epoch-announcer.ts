import type { Log } from '@sluice/platform/log';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';
import { withDeadline } from '../with-deadline.ts';

export type BumpEpochs = (names: readonly string[]) => Promise<void>;

type AnnouncerDeps = {
  /** Makes every snapshot read before it stale, on every gateway. Rejects when that could not be told. */
  readonly bump: BumpEpochs;
  /** Forgets a key in this process. */
  readonly dropKey: (publicId: string) => void;
  readonly log: Log;
  readonly onFailure: () => void;
};

/** Nobody who changed something waits longer for the gateways to hear of it. */
const BUMP_DEADLINE_MS = 1_000;
/** Each name stands once, however often it changes, so this is a lot of things changed while Redis was away. */
const PENDING_MAX = 10_000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
const KEY_EPOCH = 'key:';

/** Tells all gateways that something changed. What cannot be told now is told later: the change itself stands. */
export class EpochAnnouncer {
  readonly #deps: AnnouncerDeps;
  readonly #pending = new Set<string>();
  readonly #closing = new AbortController();
  #retrying: Promise<void> | undefined;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** Names that are still to be told. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Resolves when the gateways were told, or when that was put off. Never rejects. */
  async announce(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    for (const name of names) if (name.startsWith(KEY_EPOCH)) this.#deps.dropKey(name.slice(KEY_EPOCH.length));
    try {
      await withDeadline(this.#deps.bump(names), BUMP_DEADLINE_MS, 'whoever tells the gateways');
    } catch (error) {
      this.#deps.onFailure();
      this.#deps.log.warn({ err: error, epochs: names.length }, 'a change could not be announced to the gateways; trying again');
      this.#keep(names);
      this.#retrying ??= this.#retry();
    }
  }

  /** Tells what is pending once more, and stops. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#retrying;
    if (this.#pending.size > 0 && !(await this.#tellPending())) {
      this.#deps.log.error({ epochs: this.#pending.size }, 'changes were not announced; gateways see them when their copies age');
    }
  }

  #keep(names: readonly string[]): void {
    for (const name of names) this.#pending.add(name);
    const oldest = this.#pending.values();
    while (this.#pending.size > PENDING_MAX) this.#pending.delete(oldest.next().value ?? '');
  }

  async #retry(): Promise<void> {
    for (let waitMs = RETRY_MIN_MS; this.#pending.size > 0; waitMs = Math.min(RETRY_MAX_MS, waitMs * 2)) {
      await pause(jitter(waitMs), this.#closing.signal);
      if (this.#closing.signal.aborted) break;
      await this.#tellPending();
    }
    // On the same tick as the last look: whoever comes next starts anew.
    this.#retrying = undefined;
  }

  async #tellPending(): Promise<boolean> {
    const names = [...this.#pending];
    // What changes again meanwhile must be told again, so it is taken out before and put back on failure.
    this.#pending.clear();
    try {
      await withDeadline(this.#deps.bump(names), BUMP_DEADLINE_MS, 'whoever tells the gateways');
      return true;
    } catch {
      this.#keep(names);
      return false;
    }
  }
}
