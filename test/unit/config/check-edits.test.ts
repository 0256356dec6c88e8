import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { BASE, diagnose } from './diagnose.ts';

/** What is said of one policy on a route, without the places. */
function said(
  policy: unknown,
  { path = '/a/{id}', stripPrefix }: { path?: string; stripPrefix?: string } = {},
): string[] {
  const forward = { upstream: 'demo', ...(stripPrefix === undefined ? {} : { stripPrefix }) };
  const route = { name: 'r', match: { path }, policies: [policy], forward };
  const lines = diagnose(`${BASE}\nroutes: ${JSON.stringify([route])}\n`);
  return lines.map((line) => line.replace(/^\d+:\d+: /, ''));
}

const cases: readonly (readonly [name: string, policy: unknown, expected: RegExp])[] = [
  [
    'a value that stands for nothing',
    { headers: { request: { set: { 'x-a': `\${client.ipp}` } } } },
    /holds \$\{client\.ipp\}, which stands for nothing, expected client\.ip$/,
  ],
  [
    'a misspelt reference',
    { headers: { request: { set: { 'x-a': `\${evn:HOME}` } } } },
    /\$\{evn:HOME\} is no reference, expected \$\{env:NAME\}/,
  ],
  ['a value where none is taken', { respond: { body: `\${client.ip}` } }, /\$\{client\.ip\} is no reference/],
  [
    'a parameter that the path has not',
    { headers: { response: { set: { 'x-a': `\${path.name}` } } } },
    /names the parameter name, which the path \/a\/\{id\} has not, expected one of id/,
  ],
  ['a path without a slash', { rewrite: { path: 'x' } }, /"x" does not begin with a slash/],
  ['a path that climbs', { rewrite: { path: '/a/../b' } }, /is not a normalised path/],
  [
    'two ways to change a path',
    { rewrite: { path: '/x', prefix: { from: '/a', to: '/b' } } },
    /in several ways, expected one of/,
  ],
  ['a rewrite of nothing', { rewrite: {} }, /changes nothing/],
  ['a rest that was not taken', { rewrite: { template: { from: '/a/{id}', to: '/b/*' } } }, /ends in \/\* in to alone/],
  ['a template of an expression', { rewrite: { template: { from: '~^/a', to: '/b' } } }, /is a regular expression/],
  ['a prefix that stays', { rewrite: { prefix: { from: '/a', to: '/a' } } }, /changes nothing, expected two prefixes/],
  ['a host that is none', { rewrite: { host: 'a b' } }, /cannot be sent as a Host header/],
  ['a redirect to nowhere', { redirect: {} }, /leads nowhere/],
  ['a redirect to two places', { redirect: { to: '/x', host: 'a.example' } }, /both to and parts of a URL/],
  ['a redirect to another scheme', { redirect: { to: 'javascript://x/' } }, /is neither http nor https/],
  [
    'a redirect to whoever asks',
    { redirect: { to: `https://\${query.next}/` } },
    /takes its host from something else than request\.host/,
  ],
  ['a redirect by identity', { redirect: { to: `/u/\${claims.sub}` } }, /names claims\.sub, which is known later/],
  ['a redirect to what is no path', { redirect: { to: `/\${request.path}` } }, /is not a normalised path/],
  ['a redirect to a relative place', { redirect: { to: 'next' } }, /does not begin with a slash/],
  ['a redirect to no host', { redirect: { to: 'https:///x' } }, /has no host/],
  ['a redirect with another status', { redirect: { to: '/x', status: 304 } }, /304 is no status of a redirect/],
  ['a redirect to many hosts', { redirect: { host: '*.example.com' } }, /is many hosts/],
  ['an answer with two bodies', { respond: { body: 'a', json: 1 } }, /has both body and json/],
  [
    'an answer that can have no body',
    { respond: { status: 204, body: 'a' } },
    /which a response with status 204 has not/,
  ],
  ['a fault that is none', { fault: {} }, /does nothing, expected delay or abort/],
  ['a percentage beyond all', { fault: { abort: { percent: 101 } } }, /101 is not a percentage/],
  ['a copy for nobody', { mirror: { upstream: 'deom' } }, /no upstream is named "deom", did you mean "demo"/],
  [
    'credentials for any origin',
    { cors: { origins: ['*'], credentials: true } },
    /has a \*, which does not go with credentials/,
  ],
  ['an origin with a path', { cors: { origins: ['https://a.example/'] } }, /is not an origin/],
  ['an origin with a usual port', { cors: { origins: ['https://a.example:443'] } }, /usual port/],
  ['no origin at all', { cors: { origins: [] } }, /is empty/],
];

for (const [name, policy, expected] of cases) {
  test(`${name} is a fault`, () => {
    const lines = said(policy);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0]!, expected);
  });
}

test('a rewrite of the target does not go with stripPrefix, one of the host does', () => {
  const [line] = said({ rewrite: { path: '/x' } }, { stripPrefix: '/a' });
  assert.match(line!, /"\/a" is set and the route has a rewrite at .+, expected one of both/);
  assert.deepEqual(said({ rewrite: { host: 'b.example' } }, { stripPrefix: '/a' }), []);
});

test('parameters may be those of a template of the rewrite', () => {
  const template = { from: '/a/{name}/*', to: `/b/\${path.name}/\${path.id}` };
  assert.deepEqual(said({ rewrite: { template } }), []);
  assert.equal(said({ rewrite: { template: { ...template, from: '/a/*' } } }).length, 1);
});

test('values stand in named lists, too, and are checked against each route that has the list', () => {
  const text = (path: string, value: string) =>
    `${BASE}policies:\n  shared:\n    - headers: { request: { set: { x-id: "${value}" } } }\n    - mirror: { upstream: demo }\n` +
    `routes:\n  - { name: a, match: { path: "${path}" }, policies: [shared], forward: { upstream: demo } }\n`;
  assert.deepEqual(diagnose(text('/a/{id}', `\${path.id} \${client.ip}`)), []);
  const [line, ...more] = diagnose(text('/a', `\${path.id}`));
  assert.match(line!, /^8:42: "\$\{path\.id\}" names the parameter id, which the path \/a has not/);
  assert.deepEqual(more, []);
});
