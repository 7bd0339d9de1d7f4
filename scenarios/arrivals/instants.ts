// Instants as logs write them, read by arithmetic: ISO 8601, the access logs' own form, and seconds or milliseconds since
// 1970. It must not know what stands beside them in a line.

const MS_PER_MINUTE = 60_000;
/** Numbers from here on are milliseconds: as seconds they would lie in the year 5138. */
const MS_FROM = 1e11;
/** The end of the year 9999. */
const LAST_MS = 253_402_300_800_000;

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d\d:?\d\d))?$/i;
const COMMON = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ([+-]\d{4}|Z))?$/;
const NUMBER = /^\d{1,16}(?:\.\d{1,9})?$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days from 1970-01-01 to a civil date (Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Minutes that a zone is ahead of UTC; NaN for one that is on no map. */
function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 18 || minutes > 59) return Number.NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** Year, month, day, hour, minute and second as texts. */
type Civil = readonly [string, number, string, string, string, string];

function instant(civil: Civil, fraction: string | undefined, zone: string | undefined): number {
  const [year, month, day, hour, minute, second] = civil.map(Number);
  // A leap second is the last one of its minute.
  const isReal =
    month! >= 1 &&
    month! <= 12 &&
    day! >= 1 &&
    day! <= MONTH_DAYS[month! - 1]! &&
    hour! <= 23 &&
    minute! <= 59 &&
    second! <= 60;
  const isLeap = year! % 4 === 0 && (year! % 100 !== 0 || year! % 400 === 0);
  if (!isReal || (month === 2 && day === 29 && !isLeap)) return Number.NaN;
  const minutes = daysFromCivil(year!, month!, day!) * 1440 + hour! * 60 + minute! - zoneMinutes(zone);
  const ms = fraction === undefined ? 0 : Number(`0.${fraction}`) * 1000;
  return checked(minutes * MS_PER_MINUTE + second! * 1000 + ms);
}

function checked(ms: number): number {
  return ms >= 0 && ms < LAST_MS ? ms : Number.NaN;
}

/**
 * Milliseconds since 1970 of an instant as our own formats have it: ISO 8601 with `T` or a space (without a zone it is
 * UTC), or a number of seconds or milliseconds since 1970, which are told apart by size. NaN for anything else.
 */
export function instantMs(text: string): number {
  if (NUMBER.test(text)) {
    const value = Number(text);
    return checked(value < MS_FROM ? value * 1000 : value);
  }
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  return instant([year!, Number(month), day!, hour!, minute!, second!], fraction, zone);
}

/** The same of an access log: `10/Oct/2026:13:55:36 +0200`; without a zone it is UTC. NaN for anything else. */
export function commonInstantMs(text: string): number {
  const match = COMMON.exec(text);
  if (match === null) return Number.NaN;
  const [, day, month, year, hour, minute, second, fraction, zone] = match;
  return instant([year!, MONTHS.indexOf(month!) + 1, day!, hour!, minute!, second!], fraction, zone);
}
