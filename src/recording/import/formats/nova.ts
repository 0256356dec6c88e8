/**
 * The log of OpenStack's compute API (nova.osapi_compute.wsgi.server, nova.metadata.wsgi.server):
 *
 *   2017-05-16 00:00:00.008 25746 INFO nova... [req-...] 10.0.0.1,10.0.0.2 "GET /v2 HTTP/1.1" status: 200 len: 1893 time: 0.2477829
 *
 * Collected ones have the name of the log file before each line. A line is written when its request ends.
 */
import { lineFormat } from '../line-format.ts';
import { type LogFormat, type LoggedRequest, type Rejection, rejected } from '../log-format.ts';
import { arrivalOf, headersFrom, parseRequestLine, parseStatus, REASONS, timeOrNull } from '../request-line.ts';

const LINE =
  /^(?:\S+ )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) \d+ [A-Z]+ \S+ \[[^\]]*\] ([^\s"]+) "(.*)" status: (\d+) len: (\d+) time: (\d+\.\d+)\s*$/;

function readLine(line: string): LoggedRequest | Rejection {
  const fields = LINE.exec(line);
  if (fields === null) return rejected(REASONS.line);
  const [, date, time, addresses, request, statusText, length, seconds] = fields as unknown as string[];
  const loggedMs = timeOrNull(Date.parse(`${date}T${time}Z`));
  if (loggedMs === null) return rejected(REASONS.time);
  const status = parseStatus(statusText!);
  if (status === null) return rejected(REASONS.status);
  const asked = parseRequestLine(request!);
  if ('rejected' in asked) return asked;
  const [client, ...proxies] = addresses!.split(',');
  const tookMs = Number(seconds) * 1000;
  return {
    arrivedMs: arrivalOf(loggedMs, false, tookMs),
    isWholeSecond: false,
    ...asked,
    // What the service had from its proxy; without one, the address is that of the connection alone.
    headers: headersFrom([['x-forwarded-for', proxies.length > 0 ? addresses!.replaceAll(',', ', ') : undefined]]),
    body: null,
    client: client!,
    status,
    responseBytes: Number(length),
    upstreamMs: tookMs,
  };
}

export const nova: LogFormat = lineFormat(
  { name: 'nova', summary: 'the API log of OpenStack Compute', encoding: 'latin1' },
  () => readLine,
);
