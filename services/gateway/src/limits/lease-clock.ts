/** Nobody could renew a lease in so long a time in which nothing was asked. Renewals come every 4 s. */
const GAP_MS = 5_000;
const GAP_COUNTS_MS = 1_000;
/** Shorter steps are counted from the last one that was kept, as they are in Redis, where keeping one is a write. */
const STEP_MS = 500;

/** The time that leases go by. It never goes back, and stands nearly still while nobody can renew. */
export class LeaseClock {
  #atMs: number | undefined;
  #leaseMs = 0;

  read(nowMs: number): number {
    if (this.#atMs === undefined) {
      this.#atMs = nowMs;
      this.#leaseMs = nowMs;
    }
    const passedMs = nowMs - this.#atMs;
    if (passedMs >= 0 && passedMs < STEP_MS) return this.#leaseMs + passedMs;
    this.#atMs = nowMs;
    this.#leaseMs += passedMs > GAP_MS ? GAP_COUNTS_MS : Math.max(0, passedMs);
    return this.#leaseMs;
  }
}
