/** One recorded exchange as the request that is sent again. */
import type { RecordedBody, RecordedExchange } from '../src/recording/recorded-exchange.ts';
import type { WorkloadLine } from './load/workload.ts';
import { ANSWER_HEADER, EXTRA_HEADER, renderAnswer } from './origin/answer-header.ts';

type Headers = readonly (readonly [name: string, value: string])[];

export interface ReplayRules {
  /** Name of the route it takes with the headers that are sent again; null: none. */
  routeOf(exchange: RecordedExchange, headers: Headers): string | null;
  /** Pseudonyms, and what is sent in their place. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Longer answers are cut to this. */
  readonly mostAnswerBytes: number;
}

/** Headers of one connection (RFC 9110, section 7.6.1), of framing, and those that tell of other machines: made anew or left out. */
const NOT_REPLAYED: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['content-length', 'expect', 'host', 'http2-settings'],
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'],
  ANSWER_HEADER,
  EXTRA_HEADER,
]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
/** The generator waits no longer for any answer. */
const LONGEST_DELAY_MS = 30_000;

/** An answer that a client can be sent; those in between belong to other protocols. */
const isFinal = (status: number): boolean => status >= 200 && status <= 599;

/**
 * @returns the request, or in a few words why it cannot be sent again
 */
export function replayLine(exchange: RecordedExchange, rules: ReplayRules): WorkloadLine | string {
  const { method, host, path } = exchange;
  if (!TOKEN.test(method) || method === 'CONNECT') return 'the method cannot be sent';
  if (!/^\/\S*$/.test(path) || CONTROL.test(path)) return 'the path cannot be sent';
  if (/\s/.test(host) || CONTROL.test(host)) return 'the host cannot be sent';
  const headers = headersOf(exchange);
  const route = rules.routeOf(exchange, headers);
  const reveal = (text: string): string => revealed(text, rules.secrets);
  const body = bodyOf(exchange.body);
  const head = [
    `${method} ${reveal(path)} HTTP/1.1`,
    `host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${reveal(value)}`),
    ...(body.bytes > 0 || exchange.body !== null ? [`content-length: ${body.bytes}`] : []),
    `${ANSWER_HEADER}: ${answerOf(exchange, rules.mostAnswerBytes)}`,
  ];
  return {
    at: exchange.at,
    label: route ?? '-',
    head: latin1(`${head.join('\r\n')}\r\n\r\n`),
    body: body.base64,
    fillerBytes: body.fillerBytes,
    bodyless: method === 'HEAD',
    // Without a route the gateway answers itself, and was not there to do so when it was recorded.
    expect: route !== null && isFinal(exchange.status) ? exchange.status : 0,
  };
}

/** End-to-end headers as recorded, and who the client was, which the gateway of a bench believes. */
function headersOf({ headers, client, scheme }: RecordedExchange): Headers {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) =>
      value
        .toLowerCase()
        .split(',')
        .map((token) => token.trim()),
    );
  const dropped = new Set(named);
  const kept = headers.filter(([name, value]) => {
    const lower = name.toLowerCase();
    return TOKEN.test(name) && !CONTROL.test(value) && !NOT_REPLAYED.has(lower) && !dropped.has(lower);
  });
  return [
    ...kept,
    ...(client === null ? [] : [['x-forwarded-for', client] as const]),
    ...(scheme === null ? [] : [['x-forwarded-proto', scheme] as const]),
  ];
}

/** What the origin is to answer: as recorded, as late as recorded. */
function answerOf({ status, responseBytes, upstreamMs }: RecordedExchange, mostBytes: number): string {
  return renderAnswer({
    status: isFinal(status) ? status : 200,
    ...(responseBytes === null ? {} : { bytes: Math.min(responseBytes, mostBytes) }),
    ...(upstreamMs === null ? {} : { delayMs: Math.min(Math.round(upstreamMs), LONGEST_DELAY_MS) }),
  });
}

/** A body nobody kept is filler of its size. */
function bodyOf(body: RecordedBody | null): { base64: string | null; bytes: number; fillerBytes: number } {
  if (body === null) return { base64: null, bytes: 0, fillerBytes: 0 };
  if ('bytes' in body) return { base64: null, bytes: body.bytes, fillerBytes: body.bytes };
  const content = 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
  return { base64: content.toString('base64'), bytes: content.length, fillerBytes: 0 };
}

function revealed(text: string, secrets: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [pseudonym, secret] of secrets) result = result.replaceAll(pseudonym, () => secret);
  return result;
}

/** One octet a character. Text that is latin1 already is what was on the wire; anything else goes as UTF-8. */
function latin1(text: string): string {
  return /^[\0-\xff]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
