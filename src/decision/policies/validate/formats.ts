/**
 * The formats that are checked (JSON Schema 2020-12, validation, section 7; OpenAPI's registry). Any other is taken as a remark.
 * Each takes time linear in the text, whatever the text.
 */
import { isIPv4, isIPv6 } from 'node:net';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(?:\.\d{1,20})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/;

/** RFC 3339, full-date. */
function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month !== 2 || day < 29 || isLeap;
}

/** RFC 3339. */
function isDateTime(text: string): boolean {
  return text.length <= 64 && /^[Tt ]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && TIME.test(text.slice(11));
}

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

/** The form that mail systems deliver: no quoted local parts, no literals. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  if (text.length > 320 || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false;
  return LOCAL_PART.test(local) && isHostname(text.slice(at + 1));
}

/** RFC 3986, with a scheme. */
function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && /^(?:[!#$&-;=?-Z_a-z~[\]@]|%[0-9A-Fa-f]{2})+$/.test(text);
}

const text = (validate: (text: string) => boolean) => ({ type: 'string' as const, validate });
const number = (validate: (value: number) => boolean) => ({ type: 'number' as const, validate });

export const FORMATS = {
  date: text(isDate),
  'date-time': text(isDateTime),
  email: text(isEmail),
  hostname: text(isHostname),
  ipv4: text((value) => isIPv4(value)),
  ipv6: text((value) => isIPv6(value) && !value.includes('%')),
  uri: text(isUri),
  uuid: text((value) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)),
  int32: number((value) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31),
  int64: number((value) => Number.isInteger(value) && value >= -(2 ** 63) && value <= 2 ** 63),
} as const;
