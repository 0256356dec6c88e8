import type { ExchangeRecord } from './exchange-record.ts';

/** No line is longer: the most bytes a pipe takes from one of several writers without mixing them (PIPE_BUF). */
export const LINE_BYTES = 4096;

/**
 * Characters a text keeps when its line would be too long. With every character of the eight names and of the host as a
 * six-byte escape, and a path that is 1,024 bytes either way, these take 3,400 bytes: enough is left for the rest.
 */
const CUT = { plainPath: 1024, path: 170, host: 64, name: 40 } as const;

/** What JSON does not take as it is, and everything beyond ASCII, so that a line's length is its size in bytes. */
const NEEDS_ESCAPE = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/;
const ALL_ESCAPES = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g;

/** `.000` to `.999`. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, index) => `.${String(index).padStart(3, '0')}`);

/**
 * Renders exchanges as access-log lines: one JSON object a line, in ASCII, with the fields of ExchangeRecord under the
 * same names, `time` in front, and routes and upstreams by name.
 *
 * What repeats is rendered once: the names that a config gives, the time down to the second.
 */
export class LineRenderer {
  readonly #routes = new Map<string, string>();
  readonly #upstreams = new Map<string, string>();
  readonly #listeners = new Map<string, string>();
  readonly #endpoints = new Map<string, string>();
  readonly #consumers = new Map<string, string>();
  #second = Number.NaN;
  #secondText = '';

  /**
   * @param epochMs when the exchange ended, in whole milliseconds since the epoch
   * @returns the line with its line feed, at most LINE_BYTES long; one whose texts had to be cut says `"truncated":true`
   */
  render(exchange: ExchangeRecord, epochMs: number): string {
    const line = this.#line(exchange, epochMs, '');
    return line.length <= LINE_BYTES ? line : new LineRenderer().#line(cut(exchange), epochMs, ',"truncated":true');
  }

  #line(exchange: ExchangeRecord, epochMs: number, ending: string): string {
    return (
      `{"time":"${this.#time(epochMs)}","requestId":${text(exchange.requestId)},"clientIp":${text(exchange.clientIp)}` +
      `${rendered(this.#listeners, 'listener', exchange.listener)},"method":${text(exchange.method)},"host":${text(exchange.host)}` +
      `,"path":${text(exchange.path)},"status":${exchange.status},"error":${textOrNull(exchange.error)}` +
      `${this.#route(exchange.route)}${this.#upstream(exchange.upstream)}${this.#named('endpoint', this.#endpoints, exchange.endpoint)}` +
      `${this.#named('consumer', this.#consumers, exchange.consumer)},"attempts":${exchange.attempts}` +
      `,"gatewayMs":${millis(exchange.gatewayMs)},"upstreamMs":${millis(exchange.upstreamMs)}` +
      `,"transferMs":${millis(exchange.transferMs)},"bytesIn":${exchange.bytesIn},"bytesOut":${exchange.bytesOut}` +
      `${cacheField(exchange.cacheResult)}${traceFields(exchange)}${ending}}\n`
    );
  }

  /** RFC 3339 with milliseconds. */
  #time(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, -'.000Z'.length);
    }
    return `${this.#secondText}${THOUSANDTHS[epochMs - second * 1000]}Z`;
  }

  #route(route: ExchangeRecord['route']): string {
    return this.#named('route', this.#routes, route === null ? null : route.name);
  }

  #upstream(upstream: ExchangeRecord['upstream']): string {
    return this.#named('upstream', this.#upstreams, upstream === null ? null : upstream.name);
  }

  #named(key: string, known: Map<string, string>, name: string | null): string {
    return name === null ? `,"${key}":null` : rendered(known, key, name);
  }
}

/** `,"key":"name"`, from `known` when it was rendered before; names come from the config, so there are only so many. */
function rendered(known: Map<string, string>, key: string, name: string): string {
  let piece = known.get(name);
  if (piece === undefined) {
    piece = `,"${key}":${text(name)}`;
    known.set(name, piece);
  }
  return piece;
}

function text(value: string): string {
  return NEEDS_ESCAPE.test(value) ? `"${value.replace(ALL_ESCAPES, escapeUnit)}"` : `"${value}"`;
}

function textOrNull(value: string | null): string {
  return value === null ? 'null' : text(value);
}

/** One UTF-16 code unit; a surrogate pair becomes two escapes, as JSON has it (RFC 8259, section 7). */
function escapeUnit(unit: string): string {
  if (unit === '"') return '\\"';
  if (unit === '\\') return '\\\\';
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Only there where a cache was asked. */
function cacheField(result: ExchangeRecord['cacheResult']): string {
  return result === null ? '' : `,"cache":"${result}"`;
}

/** Only there where tracing is on. */
function traceFields({ traceId, spanId }: ExchangeRecord): string {
  return traceId === null ? '' : `,"traceId":"${traceId}","spanId":"${spanId}"`;
}

/** A duration with three digits behind the point; a fractional number's own conversion to text takes several times as long. */
function millis(ms: number): string {
  const us = Math.round(ms * 1000);
  if (!(us >= 0 && us < Number.MAX_SAFE_INTEGER)) return 'null';
  const whole = Math.floor(us / 1000);
  return whole + THOUSANDTHS[us - whole * 1000];
}

function cut(exchange: ExchangeRecord): ExchangeRecord {
  const { path, endpoint, consumer, status, error, attempts } = exchange;
  return {
    requestId: shortened(exchange.requestId),
    traceId: exchange.traceId,
    spanId: exchange.spanId,
    clientIp: shortened(exchange.clientIp),
    listener: shortened(exchange.listener),
    method: shortened(exchange.method),
    host: exchange.host.slice(0, CUT.host),
    path: path.slice(0, NEEDS_ESCAPE.test(path) ? CUT.path : CUT.plainPath),
    status,
    error,
    route: shortenedName(exchange.route),
    upstream: shortenedName(exchange.upstream),
    endpoint: endpoint === null ? null : shortened(endpoint),
    consumer: consumer === null ? null : shortened(consumer),
    cacheResult: exchange.cacheResult,
    attempts,
    gatewayMs: exchange.gatewayMs,
    upstreamMs: exchange.upstreamMs,
    transferMs: exchange.transferMs,
    dryRunRefusals: exchange.dryRunRefusals,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
  };
}

function shortened(value: string): string {
  return value.slice(0, CUT.name);
}

function shortenedName(named: ExchangeRecord['route']): ExchangeRecord['route'] {
  return named === null ? null : { name: shortened(named.name), series: named.series };
}
