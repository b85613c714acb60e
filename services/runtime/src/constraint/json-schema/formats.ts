import type { Automaton } from '../language/automaton.ts';
import { determinise } from '../language/determinise.ts';
import { parsePattern } from '../language/parse-pattern.ts';

const DATE = String.raw`(\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`;
const TIME = String.raw`([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+\-]([01]\d|2[0-3]):[0-5]\d)`;
const OCTET = String.raw`(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = `(${OCTET}\\.){3}${OCTET}`;
const LABEL = '[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?';
const MAILBOX = '[A-Za-z0-9_%+\\-]{1,32}(\\.[A-Za-z0-9_%+\\-]{1,32})*';
const URI_CHARACTER = String.raw`([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})`;
const SHORT_LABEL = '[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?';

/**
 * What strings of a format look like: never more than RFC 3339, RFC 5321 and the like allow, and where they allow several
 * ways to write the same, the common one.
 */
const PATTERNS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}T${TIME}`,
  duration: durations(),
  uuid: '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}',
  email: `${MAILBOX}@(${SHORT_LABEL}\\.)+[A-Za-z]{2,24}`,
  hostname: `(${LABEL}\\.){0,2}${LABEL}`,
  ipv4: IPV4,
  ipv6: ipv6(),
  uri: `[a-z][a-z0-9+.\\-]*://(${SHORT_LABEL}\\.)*${SHORT_LABEL}(:[1-9][0-9]{0,3})?(/${URI_CHARACTER}*)*(\\?(${URI_CHARACTER}|[/?])*)?(#(${URI_CHARACTER}|[/?])*)?`,
};

/** Of OpenAPI; they say nothing about strings. */
const NUMBER_FORMATS = new Set(['int32', 'int64', 'float', 'double']);

export function isKnownFormat(format: string): boolean {
  return Object.hasOwn(PATTERNS, format) || NUMBER_FORMATS.has(format);
}

const automata = new Map<string, Automaton>();

/** The texts of a format; undefined for one that is not known. */
export function formatLanguage(format: string): Automaton | undefined {
  if (!Object.hasOwn(PATTERNS, format)) return undefined;
  const known = automata.get(format);
  if (known) return known;
  const automaton = determinise(parsePattern(PATTERNS[format] ?? ''));
  automata.set(format, automaton);
  return automaton;
}

/** ISO 8601, with at least one part, and at least one after a `T`. */
function durations(): string {
  const part = (letter: string): string => `\\d{1,9}${letter}`;
  const some = (letters: readonly string[]): string => {
    const beginnings = letters.map(
      (letter, i) =>
        part(letter) +
        letters
          .slice(i + 1)
          .map((later) => `(${part(later)})?`)
          .join(''),
    );
    return `(${beginnings.join('|')})`;
  };
  const time = `T${some(['H', 'M', 'S'])}`;
  return `P(${some(['Y', 'M', 'D'])}(${time})?|${time}|${part('W')})`;
}

/** Eight groups, or fewer around one `::` (RFC 4291, without the form that ends in an IPv4 address). */
function ipv6(): string {
  const group = '[0-9a-fA-F]{1,4}';
  const groups = (count: number): string => (count === 0 ? '' : `(${group}:){${count - 1}}${group}`);
  const forms = [groups(8)];
  for (let before = 0; before <= 7; before++) {
    for (let after = 0; before + after <= 7; after++) forms.push(`${groups(before)}::${groups(after)}`);
  }
  return forms.map((form) => `(${form})`).join('|');
}
