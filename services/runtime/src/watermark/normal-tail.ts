const TERMS_MAX = 200;

/** How likely a standard normal variable exceeds `z`: half of erfc(z / √2), to 12 digits also far out. */
export function normalTail(z: number): number {
  return z < 0 ? 1 - normalTail(-z) : complementaryError(z / Math.SQRT2) / 2;
}

/** For x ≥ 0. Abramowitz and Stegun 7.1.6 near 0, the continued fraction 7.1.14 far out. */
function complementaryError(x: number): number {
  if (x < 2) {
    let term = x;
    let total = x;
    for (let n = 1; n < TERMS_MAX; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  let tail = x;
  for (let n = TERMS_MAX; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}
