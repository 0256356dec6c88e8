/**
 * W3C extended logs (https://www.w3.org/TR/WD-logfile.html), as IIS and others write them. `#Fields:` names the columns and may come
 * again with others; `#Date:` gives the day where no column does. A line is written when its request ends, in UTC.
 *
 * IIS writes `-` for nothing, `+` for a blank, `time-taken` in milliseconds, and the path decoded. Where `time-taken` has a decimal point
 * it is in seconds, as the specification says.
 */
import { lineFormat } from '../line-format.ts';
import { type LogFormat, type LoggedRequest, type Rejection, rejected } from '../log-format.ts';
import {
  arrivalOf,
  headersFrom,
  isHost,
  parseBytes,
  parseStatus,
  REASONS,
  requestOf,
  timeOrNull,
} from '../request-line.ts';

const NO_FIELDS = 'no #Fields directive before it';
const FIELD_COUNT = 'another number of columns than #Fields names';
const FIELDS_LACK = '#Fields names no column for method, path, status or time';

/** Blanks or tabs stand between values; a value in quotes holds blanks, and its quotes doubled. */
const VALUE = /"(?:[^"]|"")*"|[^\s"]\S*/g;
const NEEDED = ['cs-method', 'sc-status', 'time'] as const;

/** The columns of a line by their names. */
type Columns = ReadonlyMap<string, string>;

/** What directives of one file have said. */
class Directives {
  fields: readonly string[] | null = null;
  day: string | null = null;

  read(line: string): void {
    const parts = /^#\s*(\w+):\s*(.*?)\s*$/.exec(line);
    if (parts === null) return;
    const name = parts[1]!.toLowerCase();
    if (name === 'fields') this.fields = parts[2]!.toLowerCase().split(/\s+/);
    if (name === 'date') this.day = /^\d{4}-\d\d-\d\d/.exec(parts[2]!)?.[0] ?? this.day;
  }
}

function readerOfOneFile(): (line: string) => LoggedRequest | Rejection | null {
  const directives = new Directives();
  return (line) => {
    if (!line.startsWith('#')) return readEntry(line, directives);
    directives.read(line);
    return null;
  };
}

function readEntry(line: string, { fields, day }: Directives): LoggedRequest | Rejection {
  if (fields === null) return rejected(NO_FIELDS);
  const values = line.match(VALUE) ?? [];
  if (values.length !== fields.length) return rejected(FIELD_COUNT);
  const columns = new Map(fields.map((name, index) => [name, values[index]!]));
  if (!NEEDED.every((name) => columns.has(name))) return rejected(FIELDS_LACK);
  return requestFrom(columns, day);
}

function requestFrom(columns: Columns, day: string | null): LoggedRequest | Rejection {
  const target = targetOf(columns);
  if (target === null) return rejected(FIELDS_LACK);
  const asked = requestOf(columns.get('cs-method')!, target);
  if ('rejected' in asked) return asked;
  const time = timeOf(columns, day);
  if (time === null) return rejected(REASONS.time);
  const status = parseStatus(columns.get('sc-status')!);
  if (status === null) return rejected(REASONS.status);
  const tookMs = tookMsOf(columns.get('time-taken'));
  return {
    arrivedMs: arrivalOf(time.ms, time.isWholeSecond, tookMs),
    isWholeSecond: time.isWholeSecond,
    ...asked,
    scheme: asked.scheme ?? (columns.get('s-port') === '443' ? 'https' : null),
    host: asked.host ?? hostOf(columns),
    headers: headersOf(columns),
    // cs-bytes counts the head too: how much of it was body is not known.
    body: null,
    client: presentOf(columns, 'c-ip'),
    status,
    responseBytes: parseBytes(columns.get('sc-bytes')),
    upstreamMs: tookMs,
  };
}

/** `cs-uri`, or `cs-uri-stem` with `cs-uri-query`; null when there is no such column, the empty text when there is nothing in it. */
function targetOf(columns: Columns): string | null {
  if (!columns.has('cs-uri-stem') && !columns.has('cs-uri')) return null;
  const stem = presentOf(columns, 'cs-uri-stem') ?? presentOf(columns, 'cs-uri') ?? '';
  const query = stem.includes('?') ? null : presentOf(columns, 'cs-uri-query');
  return encodeNonAscii(query === null ? stem : `${stem}?${query}`);
}

/** IIS logs paths decoded; on the wire these octets were percent-encoded. */
const encodeNonAscii = (text: string): string =>
  text.replace(/[\x80-\xff]/g, (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase()}`);

function hostOf(columns: Columns): string | null {
  const host = presentOf(columns, 'cs-host') ?? presentOf(columns, 'cs(host)');
  return host !== null && isHost(host) ? host : null;
}

function headersOf(columns: Columns): LoggedRequest['headers'] {
  const named = [...columns].flatMap(([column, value]) => {
    const name = column === 'x-forwarded-for' ? column : /^cs\(([\w-]+)\)$/.exec(column)?.[1];
    return name === undefined || name === 'host' ? [] : [[name, withBlanks(value)] as const];
  });
  return headersFrom(named);
}

function timeOf(columns: Columns, day: string | null): { ms: number; isWholeSecond: boolean } | null {
  const date = columns.get('date') ?? day;
  const clock = textOf(columns.get('time')!);
  if (date === null || !/^\d{4}-\d\d-\d\d$/.test(date) || !/^\d\d:\d\d:\d\d(?:\.\d{1,9})?$/.test(clock)) return null;
  const ms = timeOrNull(Date.parse(`${date}T${clock}Z`));
  return ms === null ? null : { ms, isWholeSecond: !clock.includes('.') };
}

function tookMsOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return null;
  return text.includes('.') ? Number(text) * 1000 : Number(text);
}

/** Null for a column that is not there, or holds nothing. */
function presentOf(columns: Columns, name: string): string | null {
  const value = columns.get(name);
  return value === undefined || value === '-' ? null : textOf(value);
}

/** Without the quotes that the specification puts around text. */
const textOf = (value: string): string => (value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);

/** IIS writes the blanks of a header as +. A query keeps its +, which means a blank there anyway. */
const withBlanks = (value: string): string => (value.startsWith('"') ? textOf(value) : value.replaceAll('+', ' '));

export const w3c: LogFormat = lineFormat(
  { name: 'w3c', summary: 'W3C extended logs: IIS and others', encoding: 'latin1' },
  readerOfOneFile,
);
