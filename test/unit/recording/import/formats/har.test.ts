import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { har } from '../../../../../src/recording/import/formats/har.ts';
import { importAll, readOne, recordsOf, requestIn } from '../log-cases.ts';

type Members = Readonly<Record<string, unknown>>;

interface Changes {
  readonly entry?: Members;
  readonly request?: Members;
  readonly response?: Members;
}

const anEntry = ({ entry, request, response }: Changes = {}): Members => ({
  startedDateTime: '2024-03-01T12:00:05.250+01:00',
  time: 30,
  request: { method: 'GET', url: 'https://shop.example/a?b=1', headers: [], bodySize: 0, ...request },
  response: { status: 200, bodySize: 512, content: { size: 900 }, ...response },
  timings: { send: 1, wait: 20.5, receive: 2 },
  ...entry,
});
const document = (...entries: readonly Members[]): string =>
  JSON.stringify({ log: { version: '1.2', creator: { name: '"entries": [' }, entries, comment: 'end' } }, null, 1);
const read = (changes: Changes) => requestIn(har, document(anEntry(changes)));
const reason = async (changes: Changes) => String(await readOne(har, document(anEntry(changes))));
const bodyOf = async (request: Members) =>
  (await importAll([[har, document(anEntry({ request }))]])).exchanges[0]!.body;

const POST = { method: 'POST', headers: [{ name: 'Content-Type', value: 'application/json' }] };

describe('HAR files', () => {
  it('reads all that an entry says', async () => {
    const headers = [
      { name: ':authority', value: 'shop.example' },
      { name: 'Host', value: 'shop.example' },
      { name: 'accept', value: '*/*' },
      { name: 'accept', value: 'text/html' },
      { name: 'Content-Length', value: '0' },
    ];
    assert.deepEqual(await read({ request: { headers } }), {
      arrivedMs: Date.UTC(2024, 2, 1, 11, 0, 5, 250),
      isWholeSecond: false,
      scheme: 'https',
      method: 'GET',
      host: 'shop.example',
      path: '/a?b=1',
      headers: [
        ['accept', '*/*'],
        ['accept', 'text/html'],
      ],
      body: null,
      client: null,
      status: 200,
      responseBytes: 512,
      upstreamMs: 20.5,
    });
  });

  it('takes the size of the content where that of the body is not known, and no wait of -1', async () => {
    const request = await read({ response: { bodySize: -1 }, entry: { timings: { wait: -1 } } });
    assert.deepEqual([request.responseBytes, request.upstreamMs], [900, null]);
  });

  it('rejects what was no exchange with a server, and says so', async () => {
    assert.match(await reason({ request: { url: 'wss://shop.example/live' }, response: { status: 101 } }), /WebSocket/);
    assert.match(await reason({ entry: { _webSocketMessages: [{ data: 'x' }] } }), /WebSocket/);
    assert.match(await reason({ request: { url: 'data:text/plain,x' } }), /http:\/\/ or https/);
    assert.match(await reason({ request: { url: 'chrome-extension://abc/x.js' } }), /http:\/\/ or https/);
    assert.match(await reason({ entry: { _fromCache: 'disk' } }), /cache/);
    assert.match(await reason({ entry: { startedDateTime: 'yesterday' } }), /time/);
    assert.match(await reason({ response: { status: '200' } }), /status/);
  });

  it('keeps a request that was never answered', async () => {
    assert.equal((await read({ response: { status: 0, bodySize: -1 } })).status, 0);
  });

  it('keeps bodies: text, base64 of text, a form in parts', async () => {
    const json = '{"name":"é","quantity":2}';
    assert.deepEqual(await bodyOf({ ...POST, postData: { text: json } }), { text: json });
    const base64 = Buffer.from(json).toString('base64');
    assert.deepEqual(await bodyOf({ ...POST, postData: { text: base64, encoding: 'base64' } }), { text: json });
    const form = {
      mimeType: 'application/x-www-form-urlencoded',
      params: [
        { name: 'a', value: '1 2' },
        { name: 'password', value: 'hunter22' },
      ],
    };
    const headers = [{ name: 'content-type', value: form.mimeType }];
    const body = await bodyOf({ method: 'POST', headers, postData: form });
    assert.match(JSON.stringify(body), /^{"text":"a=1\+2&password=pseudonym-[0-9a-f]{32}"}$/);
  });

  it('keeps the size and digest of a body in which no secret can be told', async () => {
    const bytes = Buffer.from([0xff, 0xd8, 0, 1]);
    const postData = { text: bytes.toString('base64'), encoding: 'base64' };
    const body = await bodyOf({ method: 'PUT', postData });
    assert.ok(body !== null && 'bytes' in body);
    assert.deepEqual([body.bytes, body.sha256?.length], [4, 64]);
    assert.deepEqual(await bodyOf({ ...POST, bodySize: 77 }), { bytes: 77, sha256: null });
  });

  it('conceals cookies, credentials and secret parameters', async () => {
    const headers = [
      { name: 'Cookie', value: 'session=s3cr3t-s3cr3t' },
      { name: 'Authorization', value: 'Bearer t0k3n-t0k3n' },
    ];
    const request = { headers, url: 'https://user:pa55w0rd@shop.example/a?token=t0k3n-t0k3n' };
    const { exchanges } = await importAll([[har, document(anEntry({ request }), anEntry({ request }))]]);
    assert.doesNotMatch(JSON.stringify(exchanges), /s3cr3t|t0k3n|pa55w0rd/);
    assert.deepEqual(exchanges[0]!.headers, exchanges[1]!.headers);
  });

  it('finds the entries wherever they stand, and no others', async () => {
    const other = { entries: [{ no: 'entry' }] };
    const text = JSON.stringify({ x: other, log: { pages: [other], y: { entries: [[{}]] }, entries: [anEntry()] } });
    assert.equal((await recordsOf(har, text)).length, 1);
    assert.deepEqual(await recordsOf(har, '\uFEFF{"log":{"entries":[]}}'), []);
  });

  it('rejects the entry that a file was cut off in, with its place', async () => {
    const text = document(anEntry(), anEntry());
    const records = await recordsOf(har, text.slice(0, text.lastIndexOf('timings')));
    assert.deepEqual(
      records.map(({ place, outcome }) => [place, 'rejected' in outcome]),
      [
        [1, false],
        [2, true],
      ],
    );
  });

  it('says that a document has no entries', async () => {
    assert.match(String(await readOne(har, '{"log":{"version":"1.2"}}')), /no log.entries/);
  });
});
