import type { Timings } from './generation.ts';

/** When a request came, got its first slot and said its first token, on the scheduler's clock. */
export type Stamps = { readonly submittedMs: number; admittedMs: number | undefined; firstTokenMs: number | undefined };

/** What took how long until now. */
export function timingsAt(stamps: Stamps, nowMs: number): Timings {
  const { submittedMs, admittedMs, firstTokenMs } = stamps;
  return {
    queuedMs: (admittedMs ?? nowMs) - submittedMs,
    prefillMs: admittedMs === undefined ? 0 : (firstTokenMs ?? nowMs) - admittedMs,
    decodeMs: firstTokenMs === undefined ? 0 : nowMs - firstTokenMs,
    firstTokenMs: firstTokenMs === undefined ? undefined : firstTokenMs - submittedMs,
  };
}
