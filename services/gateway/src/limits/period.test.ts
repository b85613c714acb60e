import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { monthOf, type Period } from './period.ts';

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
const ZONES = Intl.supportedValuesOf('timeZone');

const at = (iso: string, timezone: string): Period => monthOf(new Date(iso), timezone);
const hours = ({ startsAt, endsAt }: Period): number => (endsAt.getTime() - startsAt.getTime()) / HOUR_MS;
/** "2026-11-01 00:00:00", as the zone's clocks show it. */
const clockOf = (date: Date, timezone: string): string => date.toLocaleString('sv-SE', { timeZone: timezone });

describe('the calendar month of a quota', () => {
  test.each([
    ['2026-01-15T12:00:00Z', '2026-01', 31],
    ['2026-02-15T12:00:00Z', '2026-02', 28],
    ['2026-04-15T12:00:00Z', '2026-04', 30],
    ['2028-02-29T12:00:00Z', '2028-02', 29],
    ['2100-02-28T12:00:00Z', '2100-02', 28],
    ['2000-02-29T12:00:00Z', '2000-02', 29],
  ])('at %s it is %s, of %i days', (iso, id, days) => {
    const period = at(iso, 'UTC');
    expect(period.id).toBe(id);
    expect(hours(period)).toBe(days * 24);
  });

  test('the last millisecond belongs to the old month and the next one to the new', () => {
    expect(at('2026-12-31T23:59:59.999Z', 'UTC').id).toBe('2026-12');
    expect(at('2027-01-01T00:00:00.000Z', 'UTC').id).toBe('2027-01');
  });

  test.each([
    ['America/New_York', '2026-03-10T12:00:00Z', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-10T12:00:00Z', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['Europe/Berlin', '2026-03-10T12:00:00Z', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-10T12:00:00Z', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    // Half an hour of summer time.
    ['Australia/Lord_Howe', '2026-04-10T12:00:00Z', '2026-03-31T13:00:00.000Z', '2026-04-30T13:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-10T12:00:00Z', '2026-09-30T13:30:00.000Z', '2026-10-31T13:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-10T12:00:00Z', '2026-10-31T18:15:00.000Z', '2026-11-30T18:15:00.000Z'],
    // Went to the other side of the date line, and had no 30 December.
    ['Pacific/Apia', '2011-12-10T12:00:00Z', '2011-12-01T10:00:00.000Z', '2011-12-31T10:00:00.000Z'],
    // Put their clocks forward at midnight: the month begins at one o'clock.
    ['America/Sao_Paulo', '1987-11-10T12:00:00Z', '1987-11-01T02:00:00.000Z', '1987-12-01T02:00:00.000Z'],
    ['America/Asuncion', '2017-10-10T12:00:00Z', '2017-10-01T04:00:00.000Z', '2017-11-01T03:00:00.000Z'],
    ['Asia/Beirut', '1993-10-10T12:00:00Z', '1993-09-30T22:00:00.000Z', '1993-10-31T22:00:00.000Z'],
    // Put its clocks back a minute after midnight, from 1 November to 31 October.
    ['America/St_Johns', '2009-11-10T12:00:00Z', '2009-11-01T02:30:00.000Z', '2009-12-01T03:30:00.000Z'],
  ])('in %s at %s it is from %s to %s', (timezone, iso, startsAt, endsAt) => {
    const period = at(iso, timezone);
    expect([period.startsAt.toISOString(), period.endsAt.toISOString()]).toEqual([startsAt, endsAt]);
  });

  test('an hour that the clocks show twice around midnight belongs to one month only', () => {
    // 00:00:30 on 1 November, then 23:01 on 31 October once more.
    const first = at('2009-11-01T02:30:30Z', 'America/St_Johns');
    expect(clockOf(new Date('2009-11-01T02:40:00Z'), 'America/St_Johns')).toBe('2009-10-31 23:10:00');
    expect(at('2009-11-01T02:40:00Z', 'America/St_Johns')).toEqual(first);
  });

  test('it answers from memory within a month, and does not mix up zones', () => {
    const berlin = at('2026-10-31T23:30:00Z', 'Europe/Berlin');
    expect(berlin.id).toBe('2026-11');
    expect(at('2026-10-31T23:30:00Z', 'UTC').id).toBe('2026-10');
    expect(at('2026-11-02T00:00:00Z', 'Europe/Berlin')).toBe(berlin);
  });

  test('a zone that does not exist throws', () => {
    expect(() => at('2026-11-02T00:00:00Z', 'Europe/Atlantis')).toThrow(RangeError);
  });

  test('in every zone, at any time: the month holds the instant, begins on the first, and meets its neighbours', () => {
    const instant = fc.date({ min: new Date('1990-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instant, (timezone, date) => {
        const { id, startsAt, endsAt } = monthOf(date, timezone);
        expect(startsAt.getTime()).toBeLessThanOrEqual(date.getTime());
        expect(date.getTime()).toBeLessThan(endsAt.getTime());
        expect(clockOf(startsAt, timezone)).toMatch(new RegExp(`^${id}-01 `));
        expect(clockOf(new Date(startsAt.getTime() - 1), timezone)).not.toMatch(new RegExp(`^${id}`));
        expect(clockOf(new Date(startsAt.getTime() + 15 * DAY_MS), timezone)).toMatch(new RegExp(`^${id}`));
        expect(monthOf(endsAt, timezone).startsAt).toEqual(endsAt);
        expect(monthOf(new Date(startsAt.getTime() - 1), timezone).endsAt).toEqual(startsAt);
      }),
      { numRuns: 400 },
    );
  });

  test('in every zone it agrees with the calendar, save where the calendar goes back', () => {
    const dates = fc.integer({ min: 0, max: 12 * 60 }).map((month) => Date.UTC(2000, month, 1));
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), dates, fc.integer({ min: -30, max: 30 }), (timezone, monthStart, offset) => {
        const date = new Date(monthStart + offset * HOUR_MS);
        const shown = clockOf(date, timezone).slice(0, 7);
        const before = clockOf(new Date(date.getTime() - 2 * HOUR_MS), timezone).slice(0, 7);
        expect([shown, before]).toContain(monthOf(date, timezone).id);
        if (shown >= before) expect(monthOf(date, timezone).id).toBe(shown);
      }),
      { numRuns: 1_000 },
    );
  });
});
