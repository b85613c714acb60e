import { readDurationS } from './duration.ts';
import { nowS } from './lifetime.ts';
import { LIMIT_FLAG_NAMES, readLimit, type LimitChange } from './limit-flag.ts';
import { readMoment } from './moment.ts';

/** An option of a verb: what help says of it, and what its text means. */
export type Flag<Value> = {
  readonly about: string;
  /** What stands for the value in help; undefined for an option that takes none. */
  readonly hint: string | undefined;
  /** Follows "takes" in a refusal. */
  readonly expected: string;
  /** Undefined for a text that means nothing. */
  readonly read: (text: string) => Value | undefined;
  /** Makes one value of several where the option may be repeated. */
  join?(values: readonly Value[]): Value;
};
export type Required<Value> = Flag<Value> & { readonly isRequired: true };

export type Flags = Readonly<Record<string, Flag<unknown> | Required<unknown>>>;

/** What a verb gets: options that were not given are undefined, except those it cannot do without. */
export type FlagValues<All extends Flags> = {
  readonly [Name in keyof All]: All[Name] extends Required<infer Value>
    ? Value
    : All[Name] extends Flag<infer Value>
      ? Value | undefined
      : never;
};

const TEXT_LENGTH_MAX = 1_000;
/** Gives back everything that a list had narrowed. */
const ANY = 'any';

export function required<Value>(flag: Flag<Value>): Required<Value> {
  return { ...flag, isRequired: true };
}

export function text(hint: string, about: string): Flag<string> {
  const read = (value: string): string | undefined => (value.trim() === '' || value.length > TEXT_LENGTH_MAX ? undefined : value.trim());
  return { about, hint, expected: 'a text', read };
}

/** A switch: it is there or not. */
export function toggle(about: string): Flag<true> {
  return { about, hint: undefined, expected: 'no value', read: () => true };
}

export function onOff(about: string): Flag<boolean> {
  const read = (value: string): boolean | undefined => (value === 'on' ? true : value === 'off' ? false : undefined);
  return { about, hint: 'on|off', expected: 'on or off', read };
}

export function choice<const Choice extends string>(choices: readonly Choice[], about: string): Flag<Choice> {
  const read = (value: string): Choice | undefined => choices.find((known) => known === value);
  return { about, hint: choices.join('|'), expected: choices.length > 1 ? `one of ${choices.join(', ')}` : choices.join(), read };
}

/** Words with commas between them; "any" is the empty list. */
export function list(hint: string, about: string): Flag<readonly string[]> {
  const read = (value: string): readonly string[] | undefined => {
    const items = value.split(',').map((item) => item.trim());
    if (items.length === 1 && items[0] === ANY) return [];
    return items.includes('') || items.includes(ANY) ? undefined : items;
  };
  return { about, hint, expected: `words with commas between them, or "${ANY}"`, read, join: (lists) => [...new Set(lists.flat())] };
}

export function wholeNumber(hint: string, about: string, { min, max }: { min: number; max: number }): Flag<number> {
  const read = (value: string): number | undefined => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : undefined;
  };
  return { about, hint, expected: `a whole number from ${min} to ${max}`, read };
}

/** A whole number, or null for "none". */
export function wholeNumberOrNone(hint: string, about: string, bounds: { min: number; max: number }): Flag<number | null> {
  const { read, expected, ...flag } = wholeNumber(hint, about, bounds);
  return {
    about: flag.about,
    hint: flag.hint,
    expected: `${expected}, or "none"`,
    read: (value) => (value === 'none' ? null : read(value)),
  };
}

export function usd(about: string): Flag<number> {
  const read = (value: string): number | undefined => (/^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined);
  return { about, hint: 'USD', expected: 'US dollars such as 0.15', read };
}

export function duration(hint: string, about: string): Flag<number> {
  return { about, hint, expected: 'a time such as 90s, 15m, 24h or 30d', read: readDurationS };
}

/** A moment that may be over, as seconds since 1970; a span counts back from now. */
export function moment(about: string): Flag<number> {
  const expected = 'a time span such as 7d, a day such as 2026-05-31, or 2026-05-31T12:00Z';
  return { about, hint: '7d', expected, read: (value) => readMoment(value, { nowS: nowS(), direction: 'ago' }) };
}

/** A moment in the future, as seconds since 1970, or never. */
export function expiry(about: string): Flag<number | 'never'> {
  const read = (value: string): number | 'never' | undefined => {
    if (value === 'never') return value;
    const atS = readMoment(value, { nowS: nowS(), direction: 'ahead' });
    return atS !== undefined && atS > nowS() ? atS : undefined;
  };
  return { about, hint: '30d', expected: 'a time span such as 30d, a day in the future such as 2026-05-31, or "never"', read };
}

export function limits(about: string, names: readonly string[] = LIMIT_FLAG_NAMES): Flag<LimitChange> {
  return {
    about: `${about}, such as ${names[0]}=60: NAME is ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, and "none" takes it away`,
    hint: 'NAME=NUMBER',
    expected: `NAME=NUMBER or NAME=none, where NAME is one of ${names.join(', ')}`,
    read: (value) => readLimit(value, names),
    join: (changes) => Object.assign({}, ...changes),
  };
}
