import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Decision } from '../../../src/decision/decision.ts';
import { DryRequest, type DryRequestParts } from '../../../src/decision/dry-run.ts';
import { unknownValues, VALUE_NAMES, ValueTemplate } from '../../../src/decision/value-template.ts';

function decisionOf(parts: DryRequestParts = {}, claims: Record<string, unknown> | null = null): Decision {
  const decision = new Decision(new DryRequest(parts), { name: 'a-route' }, null);
  decision.claims = claims;
  return decision;
}

const header = (text: string, decision = decisionOf()): string | null => ValueTemplate.compile(text).header(decision);

describe('a value template', () => {
  it('puts in each fact there is, with the text around it', () => {
    const decision = decisionOf(
      {
        method: 'PUT',
        host: 'shop.example.com',
        path: '/users/4%202/x',
        query: 'a=b+c&a=2&?x=1',
        pattern: '/users/{id}/*',
        headers: ['x-name', 'one', 'x-name', 'two'],
        clientIp: '192.0.2.7',
        scheme: 'https',
        listener: 'public',
        clientCertificate: {
          subject: 'CN=orders',
          issuer: 'CN=ca',
          fingerprint: 'ab12',
          serial: '07',
          names: 'DNS:orders',
          notAfter: 0,
          headerValue: '::',
        },
      },
      { sub: 'u1', roles: ['a', 'b'], realm: { id: 7, on: true }, 'https://x.example/org': 'acme' },
    );
    decision.consumer = { name: 'web', groups: [] };
    const expected: Record<string, string> = {
      'client.ip': '192.0.2.7',
      'client.certificate.subject': 'CN=orders',
      'client.certificate.issuer': 'CN=ca',
      'client.certificate.fingerprint': 'ab12',
      'client.certificate.serial': '07',
      'client.certificate.names': 'DNS:orders',
      'consumer.name': 'web',
      'route.name': 'a-route',
      listener: 'public',
      'request.id': 'dry-run',
      'request.method': 'PUT',
      'request.scheme': 'https',
      'request.host': 'shop.example.com',
      'request.path': '/users/4%202/x',
      'request.query': 'a=b+c&a=2&?x=1',
      'header.X-Name': 'one, two',
      'query.a': 'b c',
      'query.?x': '1',
      'path.id': '4%202',
      'claims.sub': 'u1',
      'claims.roles': 'a,b',
      'claims.realm.id': '7',
      'claims.realm.on': 'true',
      'claims.https://x.example/org': 'acme',
    };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(header(`<\${${name}}>`, decision), `<${value}>`, name);
    }
    const families = new Set(
      Object.keys(expected).map((name) => name.replace(/^(header|query|path|claims)\..*/, '$1.NAME')),
    );
    assert.deepEqual([...families].sort(), [...VALUE_NAMES].sort(), 'every value has its line above');
  });

  it('is absent as a whole when one value is', () => {
    const names = [
      'client.certificate.subject',
      'client.certificate.names',
      'consumer.name',
      'header.x',
      'query.x',
      'path.x',
      'request.query',
      'claims.sub',
    ];
    for (const name of names) assert.equal(header(`a\${${name}}`), null, name);
    assert.equal(header(`\${client.ip}`, decisionOf({ clientIp: '' })), null);
    const claims = { map: {}, nothing: null, lists: [[1]], maps: [{}] };
    for (const name of ['map', 'nothing', 'lists', 'maps', 'constructor', '__proto__.x', 'map.toString', 'other'])
      assert.equal(header(`\${claims.${name}}`, decisionOf({}, claims)), null, name);
  });

  it('leaves everything else as it is', () => {
    for (const text of ['', '$5', 'a{b}', `\${`, `\${}`, `\${A.b}`, `\${env:X}`, '${client.ip', '$$']) {
      assert.equal(ValueTemplate.compile(text).constant, text);
      assert.deepEqual(unknownValues(text), []);
    }
    assert.equal(ValueTemplate.compile(`$\${client.ip} $\${x`).constant, `\${client.ip} \${x`);
  });

  it('names the values that stand for nothing', () => {
    assert.deepEqual(unknownValues(`\${client.ipp} \${listener} \${clientip} \${claims} \${header.} $\${nothing}`), [
      'client.ipp',
      'clientip',
      'claims',
      'header.',
    ]);
    assert.throws(() => ValueTemplate.compile(`\${nothing.here}`), TypeError);
  });

  it('never gives a header what could end its line, whatever the values are', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `${text}\r\nx-evil: 1`),
    );
    fc.assert(
      fc.property(anything, anything, (claim, sent) => {
        const parts = { headers: ['x-sent', sent], query: `a=${encodeURIComponent(Buffer.from(claim).toString())}` };
        const decision = decisionOf(parts, { sub: claim });
        for (const name of ['claims.sub', 'header.x-sent', 'query.a']) {
          assert.match(header(`<\${${name}}>`, decision)!, /^[\t\x20-\x7e\x80-\xff]*$/);
        }
      }),
    );
  });
});
