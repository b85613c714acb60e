/** Between half of it and all of it, so that those who failed together do not come back together. */
export function jitter(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
