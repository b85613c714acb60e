import { z } from 'zod';
import type { PageRequest } from '../admin/page.ts';
import { SCOPES } from '../keys/scopes.ts';
import type { RefusalParams } from '../http/validate.ts';
import { boundedArray } from './bounded-array.ts';
import { integer } from './scalars.ts';
import { neutralOnly } from './neutral-only.ts';

/** What requests of administration have in common. */

const NAME_LENGTH_MAX = 256;
const LIST_LENGTH_MAX = 200;
const YEARS_10_S = 315_360_000;
const PAGE_LIMIT = 20;
const PAGE_LIMIT_MAX = 100;

const NOT_PRINTABLE: RefusalParams = {
  code: 'INVALID_VALUE',
  message: "Invalid value for '%s': it must be text that can be read on one line.",
};
const NOT_AN_ADDRESS: RefusalParams = { code: 'INVALID_VALUE', message: "Invalid value for '%s': expected an IP address or a CIDR range." };
const NOT_AN_EMAIL: RefusalParams = { code: 'INVALID_VALUE', message: "Invalid value for '%s': expected an email address." };

/** Text that people read: not empty, and without anything that would move the cursor or end a line. */
export const printable = z
  .string()
  .min(1)
  .max(NAME_LENGTH_MAX)
  .refine((text) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text) && text.trim() !== '', { params: NOT_PRINTABLE });

/** As browsers have it: a domain may be one word, such as that of the first administrator, admin@localhost. */
const emailLike = z.email({ pattern: z.regexes.html5Email });
/** Compared as it is from here on. */
export const email = z
  .string()
  .max(NAME_LENGTH_MAX)
  .refine((text) => emailLike.safeParse(text).success, { params: NOT_AN_EMAIL })
  .transform((text) => text.toLowerCase());

export const role = z.enum(['owner', 'admin', 'member', 'viewer']);
export const id = z.string().max(NAME_LENGTH_MAX);
/** An empty list means all. */
export const scopes = boundedArray(z.enum(SCOPES), { max: SCOPES.length, of: 'strings' });
/** An empty list means all. */
export const models = boundedArray(printable, { max: LIST_LENGTH_MAX, of: 'strings' });

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
/** An empty list means from everywhere. */
export const addresses = boundedArray(
  z
    .string()
    .max(64)
    .refine((text) => address.safeParse(text).success, { params: NOT_AN_ADDRESS }),
  { max: LIST_LENGTH_MAX, of: 'strings' },
);

/** The year 9999, beyond which a Postgres time has five digits. */
const UNIX_S_MAX = 253_402_300_799;
export const unixS = integer(0, UNIX_S_MAX);

const NOT_A_ZONE: RefusalParams = {
  code: 'INVALID_VALUE',
  message: "Invalid value for '%s': expected the name of a time zone, e.g. Europe/Vienna.",
};

/** By name: an offset would not know when clocks change, and which way it counts is a matter of taste. */
export const timezone = z
  .string()
  .max(64)
  .refine((name) => /^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name) && isZone(name), { params: NOT_A_ZONE });

/** In URLs and configurations, so it is short and plain. */
const NOT_A_TIER: RefusalParams = {
  code: 'INVALID_VALUE',
  message: "Invalid value for '%s': expected up to 64 lower-case letters, digits, dashes and underscores.",
};
export const tierId = z.string().refine((text) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text), { params: NOT_A_TIER });

const NOT_HERE: RefusalParams = { code: 'UNSUPPORTED_PARAMETER', message: "Unsupported parameter: '%s' means nothing on this server." };

/** What OpenAI's own administration has and this has not: taken where its value asks for nothing, else refused by name. */
export function notHere(isNeutral?: (value: unknown) => boolean) {
  return neutralOnly(isNeutral, NOT_HERE);
}

export const lifetimeS = integer(1, YEARS_10_S);

export function listOf<Item extends z.ZodType>(item: Item) {
  return boundedArray(item, { min: 1, max: PAGE_LIMIT_MAX, of: 'strings' });
}

/** OpenAI's parameters of a list. */
export const pageQuery = {
  after: id.optional(),
  before: id.optional(),
  limit: integer(1, PAGE_LIMIT_MAX).default(PAGE_LIMIT),
} as const;

export function toPageRequest({ after, before, limit }: PageRequest): PageRequest {
  return { after, before, limit };
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
