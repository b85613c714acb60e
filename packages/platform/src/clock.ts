/** Time as a dependency, so that tests move it instead of sleeping. */
export type Clock = {
  /** Milliseconds from an arbitrary start, never going back. Only subtract values of one process. */
  monotonicMs(): number;
  /** Wall-clock time. */
  now(): Date;
};

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
};
