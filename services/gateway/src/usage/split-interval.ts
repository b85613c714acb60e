/** From the first instant to just before the last. */
export type Interval = { readonly startsAt: Date; readonly endsAt: Date };

/** Each part is whole units of its kind (UTC) and not empty. */
type Parts = { readonly days: readonly Interval[]; readonly hours: readonly Interval[]; readonly rest: readonly Interval[] };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Cuts an interval into the whole UTC days it holds, the whole UTC hours around them, and what is left at its ends. A month
 * of a zone that is whole hours from UTC leaves nothing; one of Kathmandu, 15 minutes and 15 more before a full hour.
 */
export function splitInterval({ startsAt, endsAt }: Interval): Parts {
  const [start, end] = [startsAt.getTime(), endsAt.getTime()];
  const days = wholeUnits(start, end, DAY_MS);
  const hours = days.around.map((span) => wholeUnits(...span, HOUR_MS));
  return {
    days: toIntervals([days.whole]),
    hours: toIntervals(hours.map(({ whole }) => whole)),
    rest: toIntervals(hours.flatMap(({ around }) => around)),
  };
}

type Span = readonly [start: number, end: number];

/** Between two instants without a border of a unit between them there is no whole unit, and one part around it. */
function wholeUnits(start: number, end: number, unitMs: number): { readonly whole: Span; readonly around: readonly Span[] } {
  const [first, last] = [Math.ceil(start / unitMs) * unitMs, Math.floor(end / unitMs) * unitMs];
  if (first > last) return { whole: [start, start], around: [[start, end]] };
  return {
    whole: [first, last],
    around: [
      [start, first],
      [last, end],
    ],
  };
}

function toIntervals(spans: readonly Span[]): readonly Interval[] {
  return spans.filter(([start, end]) => start < end).map(([start, end]) => ({ startsAt: new Date(start), endsAt: new Date(end) }));
}
