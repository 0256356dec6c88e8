const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const IMF_FIXDATE = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC_850 = /^\w{6,9}, (\d{2})-(\w{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const ASCTIME = /^\w{3} (\w{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * Reads a date in any of the three forms of RFC 9110, section 5.6.7.
 *
 * @param nowMs tells which century a year of two digits means: the one that puts it no more than 50 years ahead
 * @returns milliseconds since the epoch, or null for anything else
 */
export function parseHttpDate(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed !== null) return toMs(fixed[3]!, fixed[2]!, fixed[1]!, fixed.slice(4));
  const old = RFC_850.exec(text);
  if (old !== null) return toMs(fullYear(Number(old[3]), nowMs), old[2]!, old[1]!, old.slice(4));
  const asctime = ASCTIME.exec(text);
  if (asctime !== null) return toMs(asctime[6]!, asctime[1]!, asctime[2]!, asctime.slice(3, 6));
  return null;
}

function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function toMs(year: string | number, month: string, day: string, time: readonly string[]): number | null {
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number];
  const monthIndex = MONTHS.indexOf(month);
  // A leap second is written as 60.
  if (monthIndex < 0 || hours > 23 || minutes > 59 || seconds > 60) return null;
  const ms = Date.UTC(Number(year), monthIndex, Number(day), hours, minutes, seconds);
  const isReal =
    Number(day) >= 1 && new Date(Date.UTC(Number(year), monthIndex, Number(day))).getUTCMonth() === monthIndex;
  return isReal ? ms : null;
}
