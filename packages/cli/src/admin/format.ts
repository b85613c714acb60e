/** What stands where there is nothing. */
export const NOTHING = '–';

const DAY = 86_400;
const COUNT = new Intl.NumberFormat('en-US');
const USD = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
/** Below this an amount of dollars needs more than cents. */
const CENTS_FROM_USD = 1;

/** "2026-05-31 12:00Z"; Z is for UTC. */
export function formatTime(unixS: number | null | undefined): string {
  if (unixS === null || unixS === undefined) return NOTHING;
  return `${isoOf(unixS).slice(0, 16).replace('T', ' ')}Z`;
}

/** When something ends, and whether it has. */
export function formatExpiry(unixS: number | null | undefined, nowS = Date.now() / 1_000): string {
  if (unixS === null || unixS === undefined) return 'never';
  return unixS <= nowS ? 'expired' : formatTime(unixS);
}

/** A bucket's beginning as finely as its width asks for: "2026-05-31", or with the time. */
export function formatBucket({ startS, endS }: { startS: number; endS: number }): string {
  return (endS - startS) % DAY === 0 ? isoOf(startS).slice(0, 10) : formatTime(startS);
}

/** "1,234,567" */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

const BYTES_UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** "512 B", "24.5 MB"; of 1,000 each. */
export function formatBytes(bytes: number): string {
  let [size, unit] = [bytes, 'B'];
  for (const larger of BYTES_UNITS) {
    if (size < 999.5) break;
    [size, unit] = [size / 1_000, larger];
  }
  return `${unit === 'B' || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${unit}`;
}

/** "$12.50", and of less than a dollar as much as there is: "$0.00015"; never rounded to nothing. */
export function formatUsd(amount: number): string {
  if (amount === 0) return '$0';
  if (amount >= CENTS_FROM_USD) return USD.format(amount);
  const text = amount.toFixed(6);
  return Number(text) === 0 ? '<$0.000001' : `$${text.replace(/0{1,4}$/, '')}`;
}

/** "850 ms", "12.3 s" */
export function formatMs(ms: number | null): string {
  if (ms === null) return NOTHING;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function formatList(items: readonly string[] | undefined, whenEmpty = 'any'): string {
  return items && items.length > 0 ? items.join(', ') : whenEmpty;
}

function isoOf(unixS: number): string {
  return new Date(unixS * 1_000).toISOString();
}
