/**
 * Raw responses, each followed by FIN, and what is to become of them. What Node's own parser (llhttp, through node:http)
 * makes of the same bytes is the yardstick: a case without `deviation` must come out the same, one with it must not, and
 * says why we differ on purpose.
 */
export interface ResponseCase {
  readonly name: string;
  /** latin1 */
  readonly response: string;
  readonly method?: 'GET' | 'HEAD';
  /** Status and body we deliver, or `refused`: no response, or one that is cut off. */
  readonly ours: { readonly status: number; readonly body: string } | 'refused';
  readonly deviation?: string;
}

const HELLO_BODY = 'hello';
const hello = (status = 200): ResponseCase['ours'] => ({ status, body: HELLO_BODY });
const empty = (status: number): ResponseCase['ours'] => ({ status, body: '' });

const respond = (headers: readonly string[], body = '', statusLine = 'HTTP/1.1 200 OK'): string =>
  `${[statusLine, ...headers].join('\r\n')}\r\n\r\n${body}`;
const chunked = (body: string, ...headers: string[]): string =>
  respond(['Transfer-Encoding: chunked', ...headers], body);
const five = 'Content-Length: 5';

const STATUS_LINES: readonly ResponseCase[] = [
  { name: 'plain', response: respond([five], HELLO_BODY), ours: hello() },
  { name: 'long reason', response: respond([five], HELLO_BODY, 'HTTP/1.1 404 Not Here, Sorry'), ours: hello(404) },
  { name: 'no reason', response: respond([five], HELLO_BODY, 'HTTP/1.1 200 '), ours: hello() },
  { name: 'no blank before no reason', response: respond([five], HELLO_BODY, 'HTTP/1.1 200'), ours: hello() },
  { name: 'latin1 reason', response: respond([five], HELLO_BODY, 'HTTP/1.1 200 \xd6K'), ours: hello() },
  { name: 'unknown status', response: respond([five], HELLO_BODY, 'HTTP/1.1 599 Odd'), ours: hello(599) },
  { name: 'one line break first', response: `\r\n${respond([five], HELLO_BODY)}`, ours: hello() },
  {
    name: 'several line breaks first',
    response: `\r\n\r\n${respond([five], HELLO_BODY)}`,
    ours: 'refused',
    deviation: 'RFC 9112, 2.2 lets a server forgive one empty line; more is a body somebody counted wrongly.',
  },
  {
    name: 'status 999',
    response: respond([five], HELLO_BODY, 'HTTP/1.1 999 Odd'),
    ours: 'refused',
    deviation: 'RFC 9110, 15: 600 and above is no status; a client behind us may not survive it.',
  },
  { name: 'status of two digits', response: respond([five], HELLO_BODY, 'HTTP/1.1 20 OK'), ours: 'refused' },
  { name: 'status of four digits', response: respond([five], HELLO_BODY, 'HTTP/1.1 2000 OK'), ours: 'refused' },
  { name: 'status with a letter', response: respond([five], HELLO_BODY, 'HTTP/1.1 2a0 OK'), ours: 'refused' },
  {
    name: 'status below 100',
    response: respond([five], HELLO_BODY, 'HTTP/1.1 099 OK'),
    ours: 'refused',
    deviation: 'RFC 9110, 15: no status has that value, and llhttp takes it.',
  },
  {
    name: 'HTTP/2.0',
    response: respond([five], HELLO_BODY, 'HTTP/2.0 200 OK'),
    ours: 'refused',
    deviation: 'We speak 1.1; whatever answers 2.0 in text is no HTTP/2 and no HTTP/1.',
  },
  {
    name: 'HTTP/0.9',
    response: respond([five], HELLO_BODY, 'HTTP/0.9 200 OK'),
    ours: 'refused',
    deviation: '0.9 has no status line.',
  },
  { name: 'HTTP/1.2', response: respond([five], HELLO_BODY, 'HTTP/1.2 200 OK'), ours: 'refused' },
  { name: 'lower-case version', response: respond([five], HELLO_BODY, 'http/1.1 200 OK'), ours: 'refused' },
  { name: 'two blanks', response: respond([five], HELLO_BODY, 'HTTP/1.1  200 OK'), ours: 'refused' },
  {
    name: 'NUL in the reason',
    response: respond([five], HELLO_BODY, 'HTTP/1.1 200 O\0K'),
    ours: 'refused',
    deviation: 'RFC 9112, 4: a reason phrase holds no control characters; ours would be written to a client.',
  },
  { name: 'another protocol', response: 'SSH-2.0-OpenSSH_9.2\r\n', ours: 'refused' },
  { name: 'nothing', response: '', ours: 'refused' },
  { name: 'half a head', response: 'HTTP/1.1 200 OK\r\nContent-', ours: 'refused' },
];

const HEADER_LINES: readonly ResponseCase[] = [
  { name: 'repeated headers', response: respond([five, 'A: 1', 'B: x', 'a: 2'], HELLO_BODY), ours: hello() },
  { name: 'empty value', response: respond([five, 'Empty:', 'Blank:   '], HELLO_BODY), ours: hello() },
  { name: 'latin1 value', response: respond([five, 'Name: caf\xe9 \xff'], HELLO_BODY), ours: hello() },
  { name: 'blanks around a length', response: respond(['Content-Length:   5  '], HELLO_BODY), ours: hello() },
  { name: 'blanks around a value', response: respond([five, 'Name: \t a b \t '], HELLO_BODY), ours: hello() },
  {
    name: 'tabs around a length',
    response: respond(['Content-Length: \t5\t'], HELLO_BODY),
    ours: hello(),
    deviation: 'RFC 9110, 5.5: HTAB around a value is no part of it. Here llhttp is the stricter one.',
  },
  { name: 'every token character', response: respond([five, "!#$%&'*+-.^_`|~9zZ: v"], HELLO_BODY), ours: hello() },
  { name: 'named by Connection', response: respond([five, 'Connection: x-a', 'X-A: 1'], HELLO_BODY), ours: hello() },
  { name: 'blank before the colon', response: respond([five, 'Name : v'], HELLO_BODY), ours: 'refused' },
  { name: 'no colon', response: respond([five, 'Name'], HELLO_BODY), ours: 'refused' },
  { name: 'no name', response: respond([five, ': v'], HELLO_BODY), ours: 'refused' },
  { name: 'blank in a name', response: respond([five, 'Na me: v'], HELLO_BODY), ours: 'refused' },
  { name: 'latin1 in a name', response: respond([five, 'N\xe4me: v'], HELLO_BODY), ours: 'refused' },
  { name: 'NUL in a name', response: respond([five, 'Na\0me: v'], HELLO_BODY), ours: 'refused' },
  { name: 'NUL in a value', response: respond([five, 'Name: a\0b'], HELLO_BODY), ours: 'refused' },
  { name: 'control character in a value', response: respond([five, 'Name: a\x0bb'], HELLO_BODY), ours: 'refused' },
  { name: 'DEL in a value', response: respond([five, 'Name: a\x7fb'], HELLO_BODY), ours: 'refused' },
  { name: 'bare CR in a value', response: respond([five, 'Name: a\rb'], HELLO_BODY), ours: 'refused' },
  { name: 'bare LF in a value', response: respond([five, 'Name: a\nB: b'], HELLO_BODY), ours: 'refused' },
  { name: 'bare LF everywhere', response: 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', ours: 'refused' },
  {
    name: 'folded line',
    response: respond([five, 'Name: a\r\n b'], HELLO_BODY),
    ours: 'refused',
  },
  { name: 'folded first line', response: respond([' Name: a', five], HELLO_BODY), ours: 'refused' },
];

const LENGTHS: readonly ResponseCase[] = [
  { name: 'length 0', response: respond(['Content-Length: 0']), ours: empty(200) },
  { name: 'leading zeros', response: respond(['Content-Length: 0005'], HELLO_BODY), ours: hello() },
  { name: 'length of 205', response: respond([five], HELLO_BODY, 'HTTP/1.1 205 Reset'), ours: hello(205) },
  { name: 'HEAD with a length', method: 'HEAD', response: respond([five]), ours: empty(200) },
  { name: 'HEAD with chunked', method: 'HEAD', response: chunked(''), ours: empty(200) },
  { name: '204', response: respond([], '', 'HTTP/1.1 204 No Content'), ours: empty(204) },
  { name: '204 with a length', response: respond([five], '', 'HTTP/1.1 204 No Content'), ours: empty(204) },
  { name: '304 with a length', response: respond([five], '', 'HTTP/1.1 304 Not Modified'), ours: empty(304) },
  { name: '304 with chunked', response: chunked('').replace('200 OK', '304 Not Modified'), ours: empty(304) },
  { name: 'to the end', response: respond([], HELLO_BODY), ours: hello() },
  { name: 'to the end, HTTP/1.0', response: respond([], HELLO_BODY, 'HTTP/1.0 200 OK'), ours: hello() },
  { name: 'to the end, nothing', response: respond([]), ours: empty(200) },
  { name: 'too short', response: respond([five], 'hel'), ours: 'refused' },
  { name: 'empty length', response: respond(['Content-Length:'], HELLO_BODY), ours: 'refused' },
  { name: 'length +5', response: respond(['Content-Length: +5'], HELLO_BODY), ours: 'refused' },
  { name: 'length -1', response: respond(['Content-Length: -1'], HELLO_BODY), ours: 'refused' },
  { name: 'length 5abc', response: respond(['Content-Length: 5abc'], HELLO_BODY), ours: 'refused' },
  { name: 'length 0x5', response: respond(['Content-Length: 0x5'], HELLO_BODY), ours: 'refused' },
  { name: 'length 5 5', response: respond(['Content-Length: 5 5'], HELLO_BODY), ours: 'refused' },
  { name: 'length 5, 5', response: respond(['Content-Length: 5, 5'], HELLO_BODY), ours: 'refused' },
  { name: 'equal lengths', response: respond([five, five], HELLO_BODY), ours: 'refused' },
  { name: 'different lengths', response: respond([five, 'Content-Length: 6'], HELLO_BODY), ours: 'refused' },
  { name: 'length past 2^64', response: respond(['Content-Length: 99999999999999999999'], 'x'), ours: 'refused' },
  {
    name: 'length of 16 digits',
    response: respond(['Content-Length: 0000000000000005'], HELLO_BODY),
    ours: 'refused',
    deviation: 'Fifteen digits are enough for any body and stay below 2^53.',
  },
  {
    name: 'bytes behind the body',
    response: respond([five], 'helloworld'),
    ours: hello(),
    deviation: 'The response itself is sound: it is delivered, and the connection closed. node:http fails it.',
  },
  {
    name: 'bytes behind 204',
    response: respond([], HELLO_BODY, 'HTTP/1.1 204 No Content'),
    ours: empty(204),
    deviation: 'As above.',
  },
];

const CHUNKS: readonly ResponseCase[] = [
  { name: 'one chunk', response: chunked('5\r\nhello\r\n0\r\n\r\n'), ours: hello() },
  { name: 'two chunks', response: chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), ours: hello() },
  { name: 'no chunk', response: chunked('0\r\n\r\n'), ours: empty(200) },
  { name: 'several zeros', response: chunked('005\r\nhello\r\n000\r\n\r\n'), ours: hello() },
  {
    name: 'hexadecimal in both cases',
    response: chunked(`A\r\n${'x'.repeat(10)}\r\na\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`),
    ours: { status: 200, body: 'x'.repeat(20) },
  },
  { name: 'extension', response: chunked('5;name=value\r\nhello\r\n0;last\r\n\r\n'), ours: hello() },
  { name: 'quoted extension', response: chunked('5;name="va;lue"\r\nhello\r\n0\r\n\r\n'), ours: hello() },
  { name: 'trailers', response: chunked('5\r\nhello\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n'), ours: hello() },
  {
    name: 'coding in capitals',
    response: respond(['Transfer-Encoding: CHUNKED'], '5\r\nhello\r\n0\r\n\r\n'),
    ours: hello(),
  },
  { name: 'cut in a chunk', response: chunked('5\r\nhel'), ours: 'refused' },
  { name: 'no last chunk', response: chunked('5\r\nhello\r\n'), ours: 'refused' },
  { name: 'no end of trailers', response: chunked('5\r\nhello\r\n0\r\n'), ours: 'refused' },
  { name: 'size g', response: chunked('g\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'no size', response: chunked('\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'size -5', response: chunked('-5\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'size 0x5', response: chunked('0x5\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'blank before the size', response: chunked(' 5\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'blank behind the size', response: chunked('5 \r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'LF behind the size', response: chunked('5\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'LF behind the data', response: chunked('5\r\nhello\n0\r\n\r\n'), ours: 'refused' },
  { name: 'more data than the size', response: chunked('4\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'size past 2^64', response: chunked('fffffffffffffffff\r\nhello\r\n0\r\n\r\n'), ours: 'refused' },
  { name: 'length in a trailer', response: chunked('5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n'), ours: 'refused' },
  {
    name: 'coding in a trailer',
    response: chunked('5\r\nhello\r\n0\r\nTransfer-Encoding: x\r\n\r\n'),
    ours: 'refused',
    deviation:
      'RFC 9110, 6.5.1: framing has no place in a trailer; llhttp refuses Content-Length there, and only that.',
  },
  {
    name: 'Host in a trailer',
    response: chunked('5\r\nhello\r\n0\r\nHost: x\r\n\r\n'),
    ours: 'refused',
    deviation:
      'RFC 9110, 6.5.1: a trailer that would change routing; we drop trailers, and trust no one who sends this.',
  },
];

const CODINGS: readonly ResponseCase[] = [
  { name: 'chunked and a length', response: chunked('5\r\nhello\r\n0\r\n\r\n', five), ours: 'refused' },
  {
    name: 'a length and chunked',
    response: respond([five, 'Transfer-Encoding: chunked'], HELLO_BODY),
    ours: 'refused',
  },
  { name: 'identity', response: respond(['Transfer-Encoding: identity'], HELLO_BODY), ours: hello() },
  {
    name: 'chunked in HTTP/1.0',
    response: chunked('5\r\nhello\r\n0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
    ours: hello(),
  },
  ...[
    ['unknown coding', 'xchunked'],
    ['gzip', 'gzip'],
    ['chunked not last', 'chunked, gzip'],
  ].map(([name, coding]) => ({
    name,
    response: respond([`Transfer-Encoding: ${coding}`], HELLO_BODY),
    ours: 'refused' as const,
    deviation: 'We asked for no coding and drop Transfer-Encoding: the client would get bytes nothing describes.',
  })),
  {
    name: 'gzip below chunked',
    response: respond(['Transfer-Encoding: gzip, chunked'], '5\r\nhello\r\n0\r\n\r\n'),
    ours: 'refused',
    deviation: 'As above.',
  },
  {
    name: 'chunked twice',
    response: respond(['Transfer-Encoding: chunked, chunked'], '5\r\nhello\r\n0\r\n\r\n'),
    ours: 'refused',
    deviation: 'RFC 9112, 6.1: chunked must not be applied twice.',
  },
];

const INTERIM: readonly ResponseCase[] = [
  { name: '100 first', response: `HTTP/1.1 100 Continue\r\n\r\n${respond([five], HELLO_BODY)}`, ours: hello() },
  {
    name: 'several interim responses',
    response: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${respond([five], HELLO_BODY)}`,
    ours: hello(),
  },
  { name: 'interim response alone', response: 'HTTP/1.1 100 Continue\r\n\r\n', ours: 'refused' },
  {
    name: '101 unasked',
    response: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ours: 'refused',
  },
  {
    name: '17 interim responses',
    response: `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(17)}${respond([five], HELLO_BODY)}`,
    ours: 'refused',
    deviation: 'An upstream that never comes to the point holds a connection for ever; llhttp sets no limit.',
  },
];

export const RESPONSE_CASES: readonly ResponseCase[] = [
  ...STATUS_LINES,
  ...HEADER_LINES,
  ...LENGTHS,
  ...CHUNKS,
  ...CODINGS,
  ...INTERIM,
];
