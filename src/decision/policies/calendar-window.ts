import type { Millis } from '../../brand.ts';

export type QuotaPeriod = 'hour' | 'day' | 'week' | 'month';

/** From `start` up to, not including, `end`: milliseconds since the epoch. */
export interface CalendarWindow {
  readonly start: Millis;
  readonly end: Millis;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday; weeks begin on Mondays (ISO 8601). */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** The hour, day, week or month of the UTC calendar that a moment lies in. */
export function calendarWindow(period: QuotaPeriod, now: Millis): CalendarWindow {
  if (period === 'month') {
    const date = new Date(now);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return { start: Date.UTC(year, month) as Millis, end: Date.UTC(year, month + 1) as Millis };
  }
  const length = period === 'hour' ? HOUR_MS : period === 'day' ? DAY_MS : WEEK_MS;
  const offset = period === 'week' ? FIRST_MONDAY_MS : 0;
  const start = Math.floor((now - offset) / length) * length + offset;
  return { start: start as Millis, end: (start + length) as Millis };
}
