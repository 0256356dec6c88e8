import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { combined } from '../../../../../src/recording/import/formats/access-log.ts';
import { type LoggedRequest as FixtureRequest, loggedRequests } from '../../../../support/recorded-traffic.ts';
import { repositoryRoot } from '../../../../support/repository-root.ts';
import { importAll, readOne, requestIn } from '../log-cases.ts';

const TIME = '[17/May/2015:10:05:03 +0000]';
const AT = Date.UTC(2015, 4, 17, 10, 5, 3);
const excerpt = (name: string): Buffer => readFileSync(join(repositoryRoot, 'test/fixtures/logs', name));

/** Behind the size of a request that took no time to tell. */
const ending = (text: string) => requestIn(combined, `10.0.0.1 - - ${TIME} "GET / HTTP/1.1" 200 5 "-" "curl"${text}`);
const asking = (request: string) => readOne(combined, `10.0.0.1 - - ${TIME} "${request}" 400 5 "-" "-"`);

describe('access logs: lines', () => {
  it('reads all that a combined line says', async () => {
    const line = `10.0.0.1 - frank ${TIME} "GET /a?b=%20 HTTP/1.1" 206 2326 "http://x.example/" "Mozilla/5.0 (X11)"`;
    assert.deepEqual(await requestIn(combined, line), {
      arrivedMs: AT,
      isWholeSecond: true,
      scheme: null,
      method: 'GET',
      host: null,
      path: '/a?b=%20',
      headers: [
        ['user-agent', 'Mozilla/5.0 (X11)'],
        ['referer', 'http://x.example/'],
      ],
      body: null,
      client: '10.0.0.1',
      status: 206,
      responseBytes: 2326,
      upstreamMs: null,
    } satisfies FixedRequest);
  });

  it('reads a common line, and - as a size of nothing', async () => {
    const { headers, responseBytes } = await requestIn(combined, `h - - ${TIME} "HEAD / HTTP/1.0" 304 -`);
    assert.deepEqual([headers, responseBytes], [[], 0]);
  });

  it('takes the zone of the time into account', async () => {
    const { arrivedMs } = await requestIn(combined, `h - - [17/May/2015:05:35:03 -0430] "GET / HTTP/1.1" 200 1`);
    assert.equal(arrivedMs, AT);
  });

  it('finds a virtual host before the client, and leaves the port of its scheme out', async () => {
    const host = async (vhost: string) => {
      const request = await requestIn(combined, `${vhost} 10.0.0.1 - - ${TIME} "GET / HTTP/1.1" 200 1 "-" "-"`);
      return [request.client, request.host, request.scheme];
    };
    assert.deepEqual(await host('shop.example:80'), ['10.0.0.1', 'shop.example', null]);
    assert.deepEqual(await host('shop.example:443'), ['10.0.0.1', 'shop.example', 'https']);
    assert.deepEqual(await host('shop.example:8080'), ['10.0.0.1', 'shop.example:8080', null]);
    assert.deepEqual(await host('shop.example'), ['10.0.0.1', 'shop.example', null]);
  });

  it('does not take a user with blanks in the name for a virtual host', async () => {
    const { client, host } = await requestIn(combined, `10.0.0.1 - John Q. Public ${TIME} "GET / HTTP/1.1" 200 1`);
    assert.deepEqual([client, host], ['10.0.0.1', null]);
  });

  it('undoes escapes, of quotes and of bytes', async () => {
    const line = String.raw`h - - ${TIME} "GET /a\"b\\c\xc3\xa9 HTTP/1.1" 200 1 "-" "say \"hi\" \x22there\\"`;
    const { path, headers } = await requestIn(combined, line);
    assert.equal(path, '/a"b\\c\u00c3\u00a9');
    assert.deepEqual(headers, [['user-agent', 'say "hi" "there\\']]);
  });

  it('reads a line whose end was cut off behind the request', async () => {
    const { headers } = await requestIn(combined, `h - - ${TIME} "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0 (com`);
    assert.deepEqual(headers, [['user-agent', 'Mozilla/5.0 (com']]);
  });

  it('takes the host of an absolute target', async () => {
    const request = await asking('GET http://User:pw@Shop.example:81/a?b HTTP/1.1');
    assert.ok(typeof request === 'object');
    assert.deepEqual([request.scheme, request.host, request.path], ['http', 'Shop.example:81', '/a?b']);
  });
});

type FixedRequest = Awaited<ReturnType<typeof requestIn>>;

describe('access logs: what follows the user agent', () => {
  it('reads times of nginx, bare and named, and counts the arrival from them', async () => {
    for (const text of [
      ' 0.250 0.200',
      ' rt=0.250 urt="0.200"',
      ' "-" 0.250 0.200 .',
      ' 512 0.250 [up] 10.0.0.2:80 9 0.200 200 id',
    ]) {
      const { upstreamMs, arrivedMs } = await ending(text);
      assert.deepEqual([upstreamMs, arrivedMs], [200, AT + 500 - 250], text);
    }
  });

  it('adds up the times of several attempts', async () => {
    assert.equal((await ending(' 0.300 0.100, 0.050 : 0.007')).upstreamMs, 157);
    assert.equal((await ending(' rt=0.300 urt="0.100, 0.050"')).upstreamMs, 150);
  });

  it('takes no other number for a time', async () => {
    const { upstreamMs, arrivedMs } = await ending(' 1234 "2.51" 0.5 12');
    assert.deepEqual([upstreamMs, arrivedMs], [null, AT]);
  });

  it('knows that no upstream was asked', async () => assert.equal((await ending(' 0.001 -')).upstreamMs, null));

  it('reads X-Forwarded-For, where it is one', async () => {
    const { headers } = await ending(' "203.0.113.7, 10.0.0.9"');
    assert.deepEqual(headers.at(-1), ['x-forwarded-for', '203.0.113.7, 10.0.0.9']);
    assert.equal((await ending(' "unknown words"')).headers.length, 1);
  });
});

describe('access logs: what is no request', () => {
  const cases: [request: string, reason: RegExp][] = [
    ['-', /no HTTP request/],
    ['', /no HTTP request/],
    ['\\x16\\x03\\x01\\x00\\xee', /no HTTP request/],
    ['GET /', /no HTTP request/],
    ['GET /a b HTTP/1.1', /blank or a control character/],
    ['GET /a\\x00 HTTP/1.1', /blank or a control character/],
    ['CONNECT a.example:443 HTTP/1.1', /tunnel/],
    ['GET ftp://a.example/ HTTP/1.1', /http:\/\/ or https:\/\//],
    ['GET * HTTP/1.1', /no path/],
    ['PRI * HTTP/2.0', /no path/],
    ['G@T / HTTP/1.1', /no HTTP method/],
  ];
  for (const [request, reason] of cases) {
    it(`rejects ${JSON.stringify(request)}`, async () => assert.match(String(await asking(request)), reason));
  }

  it('keeps OPTIONS *, which asks about the server', async () => {
    const request = await asking('OPTIONS * HTTP/1.1');
    assert.ok(typeof request === 'object');
    assert.equal(request.path, '*');
  });

  it('rejects times that are none, and lines of another form', async () => {
    assert.match(
      String(await readOne(combined, 'h - - [17/Foo/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1')),
      /no time/,
    );
    assert.match(
      String(await readOne(combined, 'h - - [17/May/2015:25:05:03 +0000] "GET / HTTP/1.1" 200 1')),
      /no time/,
    );
    assert.match(String(await readOne(combined, `h - - ${TIME} "GET / HTTP/1.1" abc 1`)), /no status/);
    assert.match(String(await readOne(combined, 'hello')), /not of this format/);
  });

  it('reads a line that looks like the beginning of one over and over in no time', async () => {
    await readOne(combined, ' ['.repeat(500_000));
    await readOne(combined, `h - - ${TIME} "${'\\'.repeat(500_000)}`);
    await readOne(combined, `h - - ${TIME} "GET / HTTP/1.1" 200 1 ${'a'.repeat(500_000)} ${'"'.repeat(100_001)}`);
  });
});

describe('access logs: real ones', () => {
  it('imports the excerpts to the last line', async () => {
    const { exchanges, files } = await importAll([
      [combined, excerpt('apache-2015.txt')],
      [combined, excerpt('wordpress-2016.txt')],
    ]);
    assert.deepEqual(
      files.map(({ imported, rejected }) => [imported, rejected]),
      [
        [47, 0],
        [37, 0],
      ],
    );
    assert.deepEqual(
      new Set(exchanges.map(({ status }) => status)),
      new Set([200, 206, 301, 304, 403, 404, 409, 416, 500]),
    );
  });

  it('reads what was written: twelve thousand requests to two sites', async () => {
    const requests = (['wordpress', 'apache'] as const).map((site) => loggedRequests(site));
    const { exchanges, files } = await importAll(requests.map((site) => [combined, site.map(lineOf).join('\n')]));
    const sent = requests.flat().filter(({ target }) => !/\s/.test(target) && target.startsWith('/'));
    assert.equal(exchanges.length, sent.length);
    assert.equal(files[0]!.read + files[1]!.read, requests.flat().length);
    const shapes = (list: readonly { method: string; status: number; path: string }[]) =>
      list.map(({ method, status, path }) => `${method} ${status} ${path.replace(/\?.*/, '')}`).sort();
    const wanted = sent.map(({ target, ...rest }) => ({ ...rest, path: target }));
    assert.deepEqual(shapes(exchanges).slice(0, 5000), shapes(wanted).slice(0, 5000));
  });
});

/** As httpd writes it. */
function lineOf({ client, at, method, target, status, bytes, referer, agent }: FixtureRequest): string {
  const [, day, month, year, time] = /(\d+) (\w+) (\d+) (\S+)/.exec(new Date(at * 1000).toUTCString())!;
  const quoted = (text = '-') => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const request = quoted(`${method} ${target} HTTP/1.1`);
  return `${client} - - [${day}/${month}/${year}:${time} +0000] ${request} ${status} ${bytes || '-'} ${quoted(referer)} ${quoted(agent)}`;
}
