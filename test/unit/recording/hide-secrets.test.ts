import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Disclosed, hideSecrets } from '../../../src/recording/hide-secrets.ts';
import { newPseudonymKey, Pseudonyms } from '../../../src/recording/pseudonyms.ts';
import { SecretNames } from '../../../src/recording/secret-names.ts';

const key = newPseudonymKey();
const names = new SecretNames();
names.add({ headers: ['X-Tenant'], queries: ['voucher'] });

function hide(request: Partial<Disclosed>, pseudonyms = new Pseudonyms(key)) {
  return hideSecrets({ path: '/', query: null, headers: [], body: null, ...request }, names, pseudonyms);
}

const secretOf = (text: string) => new Pseudonyms(key).of(text);

/** Where requests carry secrets: a request with the secret there. */
const PLACES: Readonly<Record<string, (secret: string) => Partial<Disclosed>>> = {
  bearer: (secret) => ({ headers: ['authorization', `Bearer ${secret}`] }),
  'unknown scheme': (secret) => ({ headers: ['authorization', `${secret} more`] }),
  'no scheme': (secret) => ({ headers: ['authorization', secret] }),
  'proxy credentials': (secret) => ({ headers: ['proxy-authorization', `Basic ${secret}`] }),
  cookie: (secret) => ({ headers: ['cookie', `theme=dark; sid=${secret}; x=1`] }),
  'quoted cookie': (secret) => ({ headers: ['cookie', `sid="${secret}"`] }),
  'cookie without a name': (secret) => ({ headers: ['cookie', secret] }),
  'set-cookie': (secret) => ({ headers: ['set-cookie', `sid=${secret}; Path=/`] }),
  'x-api-key': (secret) => ({ headers: ['x-api-key', secret] }),
  'a token by its name': (secret) => ({ headers: ['x-amz-security-token', secret] }),
  'a chosen header': (secret) => ({ headers: ['x-tenant', secret] }),
  query: (secret) => ({ query: `page=2&access_token=${secret}` }),
  'a chosen parameter': (secret) => ({ query: `Voucher=${secret}` }),
  'an escaped name': (secret) => ({ query: `access%5Ftoken=${secret}` }),
  'after a semicolon': (secret) => ({ query: `a=1;token=${secret}` }),
  'an inner URL': (secret) => ({ query: `next=${encodeURIComponent(`https://x/?token=${secret}&a=b`)}` }),
  'an inner URL, escaped twice': (secret) => ({
    query: `next=${encodeURIComponent(encodeURIComponent(`/?api_key=${secret}`))}`,
  }),
  'an escaped pair': (secret) => ({ query: encodeURIComponent(`x?token=${secret}`) }),
  path: (secret) => ({ path: `/cart;jsessionid=${secret}/items` }),
  referer: (secret) => ({ headers: ['referer', `https://shop.example.com/a?code=${secret}#top`] }),
  'a fragment': (secret) => ({ headers: ['referer', `https://shop.example.com/#id_token=${secret}`] }),
  'the user of a URL': (secret) => ({ headers: ['referer', `https://me:${secret}@shop.example.com/`] }),
  form: (secret) => ({
    headers: ['content-type', 'application/x-www-form-urlencoded'],
    body: `user=me&password=${secret}`,
  }),
  json: (secret) => ({
    headers: ['content-type', 'application/json; charset=utf-8'],
    body: JSON.stringify({ user: 'me', login: [{ passWord: secret }] }),
  }),
  'a list in json': (secret) => ({
    headers: ['content-type', 'application/problem+json'],
    body: JSON.stringify({ apiKeys: ['a', { value: secret }] }),
  }),
  'a key by its last word': (secret) => ({ headers: ['x-auth-key', secret] }),
  'a word that stands for itself': (secret) => ({ query: `user_pass[0]=${secret}` }),
  'a name with capitals': (secret) => ({ query: `clientKey=${secret}` }),
  'a session of PHP': (secret) => ({ query: `PHPSESSID=${secret}` }),
  'a subprotocol': (secret) => ({ headers: ['sec-websocket-protocol', `bearer, ${secret}`] }),
  'a URL in any header': (secret) => ({ headers: ['hx-current-url', `https://shop.example.com/?token=${secret}`] }),
  'a link': (secret) => ({ headers: ['link', `<https://shop.example.com/?token=${secret}>; rel=next`] }),
  'the user of an inner URL': (secret) => ({ query: `next=${encodeURIComponent(`https://me:${secret}@x/`)}` }),
  'a pair in a path': (secret) => ({ path: `/reset/token=${secret}/now` }),
  'an escaped query': (secret) => ({ path: `/reset%3Ftoken=${secret}` }),
  'a URL in json': (secret) => ({
    headers: ['content-type', 'application/json'],
    body: JSON.stringify({ next: `/?token=${secret}` }),
  }),
  'json in json': (secret) => ({
    headers: ['content-type', 'application/json'],
    body: JSON.stringify({ event: JSON.stringify({ password: secret }) }),
  }),
  'json that says it is text': (secret) => ({
    headers: ['content-type', 'text/plain;charset=UTF-8'],
    body: JSON.stringify({ password: secret }),
  }),
  'a form that says it is text': (secret) => ({ headers: ['content-type', 'text/plain'], body: `password=${secret}` }),
  'a body of two types': (secret) => ({
    headers: ['content-type', 'text/plain', 'content-type', 'application/json'],
    body: `{ "password": "${secret}" }`,
  }),
  'a body of parts': (secret) => ({ headers: ['content-type', 'multipart/form-data; boundary=x'], body: secret }),
};

describe('secrets in a recording', () => {
  it('are nowhere in the line, wherever the request carried them, and elsewhere in it', async () => {
    const secret = fc.stringMatching(/^[A-Za-z_.~-]{8,30}[0-9][A-Za-z0-9_.~-]{3,30}$/);
    const cases = fc.property(secret, fc.constantFrom(...Object.keys(PLACES)), fc.boolean(), (text, place, twice) => {
      const request = PLACES[place]!(text);
      const headers = [...(request.headers ?? []), ...(twice ? ['x-debug', `seen ${text}!`] : [])];
      const line = JSON.stringify(hide({ ...request, headers }));
      if (twice && place.startsWith('a body of')) return;
      assert.ok(!line.includes(text), `${place}: ${line}`);
    });
    fc.assert(cases, { numRuns: 300 });
  });

  it('are replaced by the same pseudonym in one recording and by another in the next', () => {
    const request = { headers: ['authorization', 'Bearer s3cr3t-token'], query: 'access_token=s3cr3t%2Dtoken' };
    const { headers, path } = hide(request);
    assert.match(headers[0]![1], /^Bearer pseudonym-[0-9a-f]{32}$/);
    assert.equal(path, `/?access_token=${secretOf('s3cr3t-token')}`);
    assert.deepEqual(hide(request), { headers, path, body: null });
    assert.notEqual(hide(request, new Pseudonyms(newPseudonymKey())).path, path);
    assert.notEqual(secretOf('s3cr3t-tokem'), secretOf('s3cr3t-token'));
  });

  it('leave everything else as it was sent', () => {
    const headers = ['user-agent', 'curl/8', 'accept', '*/*', 'x-a', 'ü', 'x-a', '', 'referer', 'https://x/a?b=c;d#e'];
    // A word in a cookie is not looked for elsewhere.
    const products = hide({ path: '/products', headers: ['cookie', 'section=products'] });
    assert.equal(products.path, '/products');
    const hidden = hide({ path: '/a//b%2fc', query: 'q=a+b&&x=%zz&empty=', headers });
    assert.equal(hidden.path, '/a//b%2fc?q=a+b&&x=%zz&empty=');
    assert.deepEqual(hidden.headers.flat(), headers);
    const json = '{"a": 1.0, "b": [true]}';
    assert.equal(hide({ headers: ['content-type', 'application/json'], body: json }).body, json);
  });

  it('are tokens wherever they stand, with the pseudonym that they have as credentials', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
    const { path, headers } = hide({
      path: `/verify/${token}`,
      query: `q=a%3D${token}`,
      headers: ['x-note', `it is ${token}!`],
    });
    assert.equal(path, `/verify/${secretOf(token)}?q=a%3D${secretOf(token)}`);
    assert.deepEqual(headers, [['x-note', `it is ${secretOf(token)}!`]]);
  });

  it('keep the names of cookies', () => {
    const { headers } = hide({ headers: ['cookie', 'theme=dark; empty=; sid="abc"'] });
    assert.equal(headers[0]![1], `theme=${secretOf('dark')}; empty=; sid=${secretOf('abc')}`);
  });

  it('are not written in bodies in which they cannot be told from the rest', () => {
    for (const type of ['application/json', 'multipart/form-data', 'application/octet-stream']) {
      assert.equal(hide({ headers: ['content-type', type], body: '{"password"' }).body, null);
    }
    assert.equal(hide({ body: 'x' }).body, null);
    assert.equal(hide({ headers: ['content-type', 'text/plain'], body: 'x' }).body, 'x');
  });
});

describe('addresses in a recording', () => {
  const pseudonyms = new Pseudonyms(key);

  it('are addresses that are nobody’s, the same for one client', () => {
    const ipv4 = pseudonyms.address('203.0.113.7')!;
    assert.match(ipv4, /^10(\.\d{1,3}){3}$/);
    assert.equal(pseudonyms.address('::ffff:203.0.113.7'), ipv4);
    assert.notEqual(pseudonyms.address('203.0.113.8'), ipv4);
    assert.notEqual(new Pseudonyms(newPseudonymKey()).address('203.0.113.7'), ipv4);
    assert.equal(pseudonyms.address('unix'), null);
    assert.equal(pseudonyms.address(''), null);
  });

  it('of IPv6 stay together when they are of one network', () => {
    const [a, b, c] = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((text) => pseudonyms.address(text)!);
    assert.match(a!, /^fd[0-9a-f]{2}(:[0-9a-f]{4}){7}$/);
    assert.equal(a!.slice(0, 19), b!.slice(0, 19));
    assert.notEqual(a, b);
    assert.notEqual(a!.slice(0, 19), c!.slice(0, 19));
    assert.equal(pseudonyms.address(a!) === null, false);
  });

  it('are replaced in headers that tell of the client', () => {
    const { headers } = hide({ headers: ['x-real-ip', '203.0.113.7', 'forwarded', 'for=203.0.113.7;proto=https'] });
    assert.equal(headers[0]![1], pseudonyms.address('203.0.113.7'));
    assert.doesNotMatch(headers[1]![1], /203/);
  });
});
