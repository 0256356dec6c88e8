import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  cors: [
    { origins: ['*'], exposedHeaders: ['x-total'], maxAge: '10m' },
    {
      origins: ['https://a.example', 'https://*.example.com'],
      methods: ['*'],
      headers: ['*'],
      credentials: true,
      privateNetwork: true,
    },
  ],
  fault: [
    { abort: { status: 502 } },
    { delay: { for: '30ms' }, abort: {} },
    { delay: { for: '30ms', percent: 60 }, abort: { percent: 40 }, when: { header: 'x-old' } },
  ],
  concurrency: [
    { limit: 1 },
    { limit: 2, by: 'ip', queue: { size: 1, timeout: '20ms' } },
    { limit: 1, by: { header: 'x-api-key' } },
    { limit: 1, by: { claim: 'sub' } },
  ],
  clientCertificate: [{}, { optional: true, consumerHeader: 'x-consumer' }],
  cache: [
    {},
    { ttl: '30s', shared: true, status: false, query: 'sorted', ignoreQuery: ['utm_*'], vary: ['accept'] },
    { ttl: '5s', ignoreOrigin: true, staleWhileRevalidate: '10s', staleIfError: '1m', maxTtl: '3s' },
  ],
  authorize: [
    {},
    { groups: ['partners'], methods: ['GET'] },
    {
      anyOf: [
        { scopes: ['read'] },
        { claims: { 'a.b': { contains: 1 }, c: { oneOf: ['x', true] } }, consumers: ['acme'] },
      ],
    },
  ],
  basicAuth: [{}, { realm: 'a "b"', optional: true, forward: true, consumerHeader: 'x-consumer' }],
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
    {
      request: {
        set: { 'x-who': `\${consumer.name} \${client.ip}` },
        add: { 'x-seen': `\${header.x-old}\${query.a}` },
      },
      response: { set: { 'x-route': `\${route.name}` } },
    },
  ],
  mirror: [{ upstream: 'shadow' }, { upstream: 'shadow', percent: 60, maxBodyBytes: '16B' }],
  redirect: [
    { scheme: 'https', port: 8443 },
    { host: 'www.example.com', status: 301 },
    { prefix: { from: '/a', to: '/b' } },
    { to: `https://\${request.host}\${request.path}?from=\${header.x-old}#top` },
    { to: '/elsewhere' },
  ],
  respond: [
    { json: { closed: true }, retryAfter: '90s' },
    {},
    { status: 503, headers: { 'retry-after': '60' }, body: 'closed' },
  ],
  rewrite: [
    { prefix: { from: '/a', to: '/' } },
    { template: { from: '/catalog/{id}/*', to: `/items/\${path.id}/*` } },
    { path: `/x/\${header.x-old}`, host: 'other.internal:8080' },
    { query: { remove: ['a'], set: { who: `\${client.ip}` } } },
  ],
  jwt: [
    { keys: [{ secret: 'a secret of at least thirty-two bytes' }] },
    {
      from: { cookie: 'token' },
      optional: true,
      forward: false,
      keys: [{ secret: 'a secret of at least thirty-two bytes' }],
      claimsToHeaders: { 'x-user-id': 'sub' },
    },
    {
      from: { query: 'api_key' },
      keySet: { url: 'https://issuer.example/keys' },
      issuer: 'https://issuer.example',
      audience: ['api'],
      maxAge: '1h',
      consumer: { required: true },
    },
  ],
  transform: [
    { request: { steps: [{ drop: ['$.secret'] }, { mask: { paths: ['$.card'], keepLast: 4 } }] } },
    { request: { from: 'xml', to: 'json', otherTypes: 'pass' }, response: { to: 'messagePack', statuses: ['all'] } },
  ],
  rateLimit: [
    { limit: '1/h' },
    { limit: '10/s', burst: 2, by: 'consumer', headers: false },
    { limit: '1/min', by: 'route', dryRun: true },
    { windows: [{ limit: '5/s' }, { limit: '6/h', burst: 1 }], by: { header: 'x-api-key' } },
    { limit: '1/s', by: { claim: 'sub' }, delay: { upTo: '5s' } },
  ],
  validate: [
    { body: { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } } },
    { body: { $ref: '#/$defs/tree', $defs: { tree: { items: { $ref: '#/$defs/tree' } } } }, otherTypes: 'pass' },
  ],
  ipFilter: [{ allow: ['192.0.2.0/24', '::1'] }, { deny: ['127.0.0.0/8'], allow: ['0.0.0.0/0'] }],
  keyAuth: [
    {},
    { query: 'api_key', cookie: 'a', header: 'x-old', optional: true, consumerHeader: 'x-consumer' },
    { forward: true },
  ],
  quota: [
    { limit: 3, per: 'month' },
    { limit: 1, per: 'hour', by: { header: 'x-api-key' }, onFailure: 'allow' },
  ],
};
