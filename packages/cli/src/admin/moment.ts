import { readDurationS } from './duration.ts';

/** Days begin at midnight UTC, and so does a time without a zone: what is shown is UTC, too. */
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?Z?)?$/;

/** A span from now ("7d"), a day ("2026-05-31") or a time in UTC ("2026-05-31T12:00Z"), as seconds since 1970; undefined for anything else. */
export function readMoment(text: string, { nowS, direction }: { nowS: number; direction: 'ago' | 'ahead' }): number | undefined {
  const spanS = readDurationS(text);
  if (spanS !== undefined) return direction === 'ago' ? nowS - spanS : nowS + spanS;
  const parts = MOMENT.exec(text)?.slice(1);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) => Number(part ?? 0));
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // The calendar would take the 31st of February for a day in March.
  const read = new Date(atMs);
  const isReal = read.getUTCMonth() === month - 1 && read.getUTCDate() === day && read.getUTCHours() === hour;
  return isReal && minute < 60 && second < 60 ? atMs / 1_000 : undefined;
}
