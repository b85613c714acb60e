import type { Flag } from './flag.ts';
import { readLimit, type LimitChange } from './limit-flag.ts';

/** By endpoint class. */
type EndpointLimits = Readonly<Record<string, LimitChange>>;

const NAMES = ['rpm', 'rpd', 'tpm', 'concurrent'] as const;

/** "chat.completions:rpm=10", and "chat.completions:rpm=none" to take one away. */
export function endpointLimitsFlag(about: string): Flag<EndpointLimits> {
  return {
    about: `${about}, such as chat.completions:rpm=10`,
    hint: 'ENDPOINT:NAME=NUMBER',
    expected: `ENDPOINT:NAME=NUMBER, where NAME is one of ${NAMES.join(', ')}`,
    read: (text) => {
      const [, endpoint, limit = ''] = /^([a-z.]+):(.+)$/.exec(text) ?? [];
      const change = endpoint === undefined ? undefined : readLimit(limit, NAMES);
      return endpoint === undefined || change === undefined ? undefined : { [endpoint]: change };
    },
    join: (changes) => changes.reduce(overlay, {}),
  };
}

/** The limits with the change in them, as a whole; an endpoint without any is left out. */
export function mergeEndpointLimits(limits: EndpointLimits, change: EndpointLimits): EndpointLimits {
  const merged = Object.entries(overlay(limits, change)).map(([endpoint, own]) => [endpoint, withoutNulls(own)] as const);
  return Object.fromEntries(merged.filter(([, own]) => Object.keys(own).length > 0));
}

function overlay(limits: EndpointLimits, change: EndpointLimits): EndpointLimits {
  const endpoints = Object.entries(change).map(([endpoint, own]) => [endpoint, { ...limits[endpoint], ...own }] as const);
  return { ...limits, ...Object.fromEntries(endpoints) };
}

function withoutNulls(limits: LimitChange): LimitChange {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => typeof value === 'number'));
}
