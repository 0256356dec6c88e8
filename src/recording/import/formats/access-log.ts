/**
 * Logs of nginx and Apache httpd in the *common* and *combined* formats, with what is often put before and behind them:
 *
 *   [vhost:port ]client ident user [time] "request" status bytes[ "referer" "user agent"[ "x-forwarded-for"][ times ...]]
 *
 * Times are what nginx writes for `$request_time` and `$upstream_response_time`, seconds with three decimals, bare or as
 * `rt=0.004 urt=0.003`. Sources: httpd's mod_log_config ("Common Log Format"), nginx's ngx_http_log_module ("combined").
 */
import { isIP } from 'node:net';
import { lineFormat } from '../line-format.ts';
import { type LogFormat, type LoggedRequest, type Rejection, rejected } from '../log-format.ts';
import {
  arrivalOf,
  headersFrom,
  isHost,
  parseBytes,
  parseRequestLine,
  parseStatus,
  REASONS,
  type RequestLine,
  timeOrNull,
} from '../request-line.ts';
import { unescapeLog } from './unescape-log.ts';

// The last quoted field may have lost its end: some servers cut long lines off.
const QUOTED = '"(?:[^"\\\\]|\\\\.)*(?:"|$)';
// A bound on the time, so that a long line of brackets is not looked through again from each of them.
const LINE = new RegExp(`^([^"]*?) \\[([^\\]"]{1,64})\\] (${QUOTED}) (\\S+) (-|\\d{1,15})(?= |$)(.*)$`, 's');
const TIME = /^([0-3]\d)\/(\w{3})\/(\d{4}):([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d{1,6})? ([+-])(\d\d)(\d\d)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TRAILING = new RegExp(`([\\w$]+=)?(${QUOTED}|\\S+)`, 'gs');

interface Origin {
  readonly client: string;
  readonly host: string | null;
  readonly isTls: boolean;
}

interface LoggedTime {
  readonly ms: number;
  readonly isWholeSecond: boolean;
}

/** What stands behind the size. */
interface Trailing {
  /** Referer, user agent and, where it is one, X-Forwarded-For. */
  readonly quoted: readonly string[];
  readonly tookMs: number | null;
  readonly upstreamMs: number | null;
}

interface Ending extends Trailing {
  readonly status: number;
  readonly responseBytes: number;
}

function readLine(line: string): LoggedRequest | Rejection {
  const fields = LINE.exec(line);
  if (fields === null) return rejected(REASONS.line);
  const [, before, when, request, statusText, bytesText, behind] = fields as unknown as string[];
  const origin = parseOrigin(before!);
  if (origin === null) return rejected(REASONS.line);
  const time = parseTime(when!);
  if (time === null) return rejected(REASONS.time);
  const status = parseStatus(statusText!);
  if (status === null) return rejected(REASONS.status);
  const asked = parseRequestLine(unquote(request!));
  if ('rejected' in asked) return asked;
  // The common format writes a size of 0 as -.
  return loggedRequest(origin, time, asked, {
    status,
    responseBytes: parseBytes(bytesText!) ?? 0,
    ...parseTrailing(behind!),
  });
}

function loggedRequest(origin: Origin, time: LoggedTime, asked: RequestLine, end: Ending): LoggedRequest {
  const [referer, agent, forwardedFor] = end.quoted;
  return {
    arrivedMs: arrivalOf(time.ms, time.isWholeSecond, end.tookMs),
    isWholeSecond: time.isWholeSecond,
    scheme: asked.scheme ?? (origin.isTls ? 'https' : null),
    method: asked.method,
    host: asked.host ?? origin.host,
    path: asked.path,
    headers: headersFrom([
      ['user-agent', agent],
      ['referer', referer],
      ['x-forwarded-for', forwardedFor !== undefined && isAddressList(forwardedFor) ? forwardedFor : undefined],
    ]),
    body: null,
    client: origin.client,
    status: end.status,
    responseBytes: end.responseBytes,
    upstreamMs: end.upstreamMs,
  };
}

/** `client ident user`, or `vhost:port client ident user`; the user may hold blanks, the ident is nearly always `-`. */
function parseOrigin(text: string): Origin | null {
  const words = text.split(' ');
  const hasHost = words.length >= 4 && words[1] !== '-' && words[2] === '-';
  if (words.length < 3 || words[0] === '' || words[1] === '') return null;
  if (!hasHost) return { client: words[0]!, host: null, isTls: false };
  return isHost(words[0]!) ? { client: words[1]!, ...withoutDefaultPort(words[0]!) } : null;
}

/** Clients leave the port out of Host where it is the scheme's own. */
function withoutDefaultPort(vhost: string): Pick<Origin, 'host' | 'isTls'> {
  const isTls = vhost.endsWith(':443');
  return { host: vhost.replace(/:(?:80|443)$/, ''), isTls };
}

function parseTime(text: string): LoggedTime | null {
  const parts = TIME.exec(text);
  if (parts === null) return null;
  const [day, , year, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const month = MONTHS.indexOf(parts[2]!);
  if (month === -1) return null;
  const fractionMs = Math.round(Number(parts[7] ?? 0) * 1000);
  const zoneMinutes = Number(parts[9]) * 60 + Number(parts[10]);
  const localMs = Date.UTC(year, month, day, hour, minute, second) + fractionMs;
  const ms = timeOrNull(localMs + (parts[8] === '+' ? -1 : 1) * zoneMinutes * 60_000);
  return ms === null ? null : { ms, isWholeSecond: parts[7] === undefined };
}

function parseTrailing(text: string): Trailing {
  const quoted: string[] = [];
  const secondsBare: string[] = [];
  const named = new Map<string, string>();
  // The times of several attempts, `0.002, 0.010 : 0.001`, become one word.
  for (const [, key, field] of text.replace(/(?<=\.\d{3})(?:, | : )(?=\d)/g, ',').matchAll(TRAILING)) {
    const value = unquote(field!);
    if (key !== undefined) named.set(key.slice(0, -1), value);
    else if (isSeconds(value.slice(0, value.search(/,|$/)))) secondsBare.push(value);
    else if (field!.startsWith('"') && quoted.length < 3) quoted.push(value);
  }
  const took = named.get('rt') ?? named.get('request_time') ?? secondsBare[0];
  const upstream = named.get('urt') ?? named.get('upstream_response_time') ?? secondsBare[1];
  return { quoted, tookMs: sumOfSeconds(took), upstreamMs: sumOfSeconds(upstream) };
}

/** nginx writes milliseconds as seconds with three decimals; sizes and ratios look different. */
const isSeconds = (text: string): boolean => /^\d{1,7}\.\d{3}$/.test(text);

/** Several are the times of attempts, one after the other (`$upstream_response_time`). */
function sumOfSeconds(text: string | undefined): number | null {
  const seconds = (text ?? '').split(/,|:| /).filter(isSeconds);
  return seconds.length === 0 ? null : seconds.reduce((sumMs, each) => sumMs + Math.round(Number(each) * 1000), 0);
}

const isAddressList = (text: string): boolean => text.split(/, */).every((each) => isIP(each) !== 0);

function unquote(field: string): string {
  const inside = /^"((?:[^"\\]|\\.)*)"?$/s.exec(field);
  return inside === null ? field : unescapeLog(inside[1]!);
}

export const combined: LogFormat = lineFormat(
  {
    name: 'combined',
    summary: 'nginx and Apache httpd: combined and common, with a vhost before and times behind',
    encoding: 'latin1',
  },
  () => readLine,
);
