/** A calendar month somewhere: the time from `startsAt` up to, and without, `endsAt`. */
export type Period = {
  /** E.g. "2026-11". */
  readonly id: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
};

type Month = { readonly year: number; readonly month: number };
type CachedMonth = { readonly startMs: number; readonly endMs: number; readonly period: Period };

/** No zone is further from UTC than 14 hours, and none moves its clocks by more than a day. */
const ZONE_SPAN_MS = 40 * 60 * 60 * 1_000;
/** There are about 600 names of zones, and some have more than one spelling. */
const ZONES_MAX = 2_000;

const formats = new Map<string, Intl.DateTimeFormat>();
/** The month that was asked for last, by zone: within a month a request costs one lookup. */
const lastMonths = new Map<string, CachedMonth>();

/** The month that an instant belongs to in an IANA time zone. Nothing resets it: it follows from the clock alone. Throws a RangeError for a zone that does not exist. */
export function monthOf(date: Date, timezone: string): Period {
  const ms = date.getTime();
  const last = lastMonths.get(timezone);
  if (last && ms >= last.startMs && ms < last.endMs) return last.period;
  const found = findMonth(ms, timezone);
  keep(lastMonths, timezone, found);
  return found.period;
}

function findMonth(ms: number, timezone: string): CachedMonth {
  let month = localMonth(ms, timezone);
  // Where clocks are put back across the midnight that begins a month, the calendar shows the old month once more.
  if (ms >= startOf(next(month), timezone)) month = next(month);
  else if (ms < startOf(month, timezone)) month = previous(month);
  const startMs = startOf(month, timezone);
  const endMs = startOf(next(month), timezone);
  const id = `${String(month.year).padStart(4, '0')}-${String(month.month).padStart(2, '0')}`;
  return { startMs, endMs, period: { id, startsAt: new Date(startMs), endsAt: new Date(endMs) } };
}

/** The first instant of a month. Not always a midnight: there are zones that put their clocks forward at that hour. */
function startOf(month: Month, timezone: string): number {
  const nominalMs = Date.UTC(month.year, month.month - 1, 1);
  let before = nominalMs - ZONE_SPAN_MS;
  let after = nominalMs + ZONE_SPAN_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isBefore(localMonth(middle, timezone), month)) before = middle;
    else after = middle;
  }
  return after;
}

function localMonth(ms: number, timezone: string): Month {
  let year = 0;
  let month = 0;
  for (const { type, value } of formatOf(timezone).formatToParts(ms)) {
    if (type === 'year') year = Number(value);
    else if (type === 'month') month = Number(value);
  }
  return { year, month };
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: timezone, calendar: 'gregory', year: 'numeric', month: 'numeric' });
  keep(formats, timezone, made);
  return made;
}

function keep<Value>(map: Map<string, Value>, timezone: string, value: Value): void {
  if (map.size >= ZONES_MAX) map.clear();
  map.set(timezone, value);
}

function next({ year, month }: Month): Month {
  return month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 };
}

function previous({ year, month }: Month): Month {
  return month === 1 ? { year: year - 1, month: 12 } : { year, month: month - 1 };
}

function isBefore(a: Month, b: Month): boolean {
  return a.year < b.year || (a.year === b.year && a.month < b.month);
}
