import { formatCount, formatUsd } from './format.ts';

/** Limits as they are typed, and as the API names them. */
const LIMITS = {
  rpm: { field: 'requests_per_minute', about: 'requests per minute' },
  rpd: { field: 'requests_per_day', about: 'requests per day' },
  tpm: { field: 'tokens_per_minute', about: 'tokens per minute' },
  concurrent: { field: 'concurrent_requests', about: 'requests at once' },
  'tokens-per-month': { field: 'monthly_tokens', about: 'tokens per month' },
  'usd-per-month': { field: 'monthly_budget_usd', about: 'per month' },
} as const;

export type LimitFlagName = keyof typeof LIMITS;
type LimitField = (typeof LIMITS)[LimitFlagName]['field'];
/** What to set and, as null, what to take away. */
export type LimitChange = { readonly [Field in LimitField]?: number | null | undefined };

export const LIMIT_FLAG_NAMES = Object.keys(LIMITS) as readonly LimitFlagName[];

const FACTORS = { '': 1, k: 1e3, M: 1e6, B: 1e9 } as const;

/** "rpm=60", "tpm=40k", "usd-per-month=12.50" or "rpd=none"; undefined for anything else, and for a name that is not among `names`. */
export function readLimit(text: string, names: readonly string[]): LimitChange | undefined {
  const [, name = '', value = ''] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  if (!names.includes(name)) return undefined;
  const { field } = LIMITS[name as LimitFlagName];
  if (value === 'none') return { [field]: null };
  const number = field === 'monthly_budget_usd' ? readDecimal(value) : readCount(value);
  return number === undefined ? undefined : { [field]: number };
}

/** "60 requests per minute, …" of the limits that are set. */
export function describeLimits(limits: LimitChange): readonly string[] {
  return Object.values(LIMITS).flatMap(({ field, about }) => {
    const value = limits[field];
    return value === null || value === undefined
      ? []
      : [`${field === 'monthly_budget_usd' ? formatUsd(value) : formatCount(value)} ${about}`];
  });
}

function readCount(text: string): number | undefined {
  const [, digits, unit] = /^(\d[\d_]{0,18})([kMB]?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const count = Number(digits.replaceAll('_', '')) * FACTORS[unit as keyof typeof FACTORS];
  return Number.isSafeInteger(count) ? count : undefined;
}

function readDecimal(text: string): number | undefined {
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
