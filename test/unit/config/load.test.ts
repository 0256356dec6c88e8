import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { BASE, configOf, diagnose } from './diagnose.ts';

test('a small config is complete once loaded', () => {
  const config = configOf(`${BASE}routes:\n  - { name: all, match: { path: /* }, forward: { upstream: demo } }\n`);
  assert.deepEqual(config.listeners[0], {
    name: 'public',
    address: { host: '127.0.0.1', port: 8080 },
    trustedProxies: [],
    chunkedRequests: 'accept',
    path: { encodedSlash: 'reject', emptySegments: 'merge' },
    limits: {
      headerBytes: 16_384,
      headerCount: 100,
      bodyBytes: 10_485_760,
      connections: 10_000,
      idleTimeout: 60_000,
      headerTimeout: 10_000,
      bodyTimeout: 30_000,
    },
  });
  assert.deepEqual(config.admin, { address: { host: '127.0.0.1', port: 9901 } });
  const { memory } = config.runtime;
  assert.deepEqual(memory, {
    config: 67_108_864,
    buckets: 262_144,
    flights: 16_384,
    cache: 67_108_864,
    endpoints: 4096,
    series: 4096,
  });
  assert.deepEqual(config.telemetry.accessLog, { to: 'stdout', sample: 1 });
  assert.deepEqual(config.routes[0]?.forward, {
    upstream: 'demo',
    host: 'preserve',
    timeout: 30_000,
    headTimeout: 30_000,
    idleTimeout: 30_000,
    retries: { attempts: 1, rules: null },
    retryNonIdempotent: false,
  });
});

test('fields are parsed into the terms of the gateway', () => {
  const config = configOf(`version: 1
listeners:
  - { name: six, address: "[::1]:8080" }
  - { name: file, address: unix:/run/penstock.sock, limits: { bodyBytes: none, headerBytes: 4096 } }
admin: { address: localhost:0 }
budget: { errors: 1%, overhead: { p99: 800us } }
runtime: { acceptors: 4, drainTimeout: none }
telemetry: { accessLog: none }
upstreams:
  mixed: { endpoints: [https://a.example, { url: "https://[::1]:8443", weight: 3 }] }
routes:
  - name: r
    match: { hosts: ["*.example.com"], path: "/a/{id}/*", methods: [GET], headers: { X-Version: "2" }, query: { Page: "1" } }
    forward: { upstream: mixed, stripPrefix: /a, timeout: 0, host: upstream }
    budget: { p99: 20ms, p999: 1.5s, errors: 0.5%, overhead: { p50: 0.25ms } }
`);
  assert.deepEqual(
    config.listeners.map(({ address }) => address),
    [{ host: '::1', port: 8080 }, { unix: '/run/penstock.sock' }],
  );
  assert.equal(config.listeners[1]?.limits.bodyBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(config.listeners[1]?.limits.headerBytes, 4096);
  assert.deepEqual(config.admin.address, { host: '127.0.0.1', port: 0 });
  assert.equal(config.runtime.drainTimeout, 0);
  assert.equal(config.telemetry.accessLog, 'none');
  assert.deepEqual(config.upstreams['mixed']?.endpoints, [
    { url: { name: 'https://a.example:443', scheme: 'https', host: 'a.example', port: 443 }, weight: 1 },
    { url: { name: 'https://[::1]:8443', scheme: 'https', host: '::1', port: 8443 }, weight: 3 },
  ]);
  const route = config.routes[0]!;
  assert.deepEqual(route.match.headers, [['x-version', '2']]);
  assert.deepEqual(route.match.query, [['Page', '1']]);
  assert.equal(route.forward?.timeout, 0);
  assert.deepEqual(route.budget, { p99: 20_000, p999: 1_500_000, errors: 0.005, overhead: { p50: 250 } });
  assert.deepEqual(config.budget, { errors: 0.01, overhead: { p99: 800 } });
});

/** One line added to the base (its line 6), and what is said about it: the whole of it. */
const LINES: readonly (readonly [line: string, said: string])[] = [
  ['admn: {}', '6:1: unknown key "admn", did you mean "admin"?'],
  ['budget: { p98: 1ms }', '6:11: unknown key "p98", did you mean "p90"?'],
  [
    'budget: { p99: 20 }',
    '6:16: 20 is not a fine duration, expected a time from 1us to 60s, such as 800us, 1.5ms or 2s',
  ],
  ['budget: { p99: 2m }', '6:16: "2m" is not a duration, expected a time from 1us to 60s, such as 800us, 1.5ms or 2s'],
  ['budget: { errors: 200% }', '6:19: "200%" is not a percentage, expected a percentage such as 0.1%'],
  ['runtime: { memroy: {} }', '6:12: unknown key "memroy", did you mean "memory"?'],
  [
    'runtime: { zzzzzz: 1 }',
    '6:12: unknown key "zzzzzz", expected one of acceptors, offload, memory, quotaStore, history, drainTimeout',
  ],
  [
    'runtime: { acceptors: many }',
    '6:23: "many" is no number of acceptors, expected auto, or a whole number from 1 to 256',
  ],
  ['runtime: { acceptors: 0 }', '6:23: 0 is no number of acceptors, expected auto, or a whole number from 1 to 256'],
  ['runtime: 5', '6:10: 5 is not a map, expected a map'],
  ['runtime:', '6:9: runtime is empty, expected a map'],
  [
    'runtime: { drainTimeout: 30 }',
    '6:26: 30 is a duration without a unit, expected a number with a unit, such as 250ms, 5s, 1m or 1h, or none',
  ],
  [
    'runtime: { drainTimeout: 30 s }',
    '6:26: "30 s" is not a duration, expected a number with a unit, such as 250ms, 5s, 1m or 1h, or none',
  ],
  ['runtime: { drainTimeout: 9999h }', '6:26: "9999h" is too long, expected at most 24 days'],
  [
    'runtime: { memory: { config: 1KB } }',
    '6:30: "1KB" is not a size, expected a number of bytes or one with a unit, such as 16KiB or 10MiB',
  ],
  ['runtime: { memory: { config: 1KiB } }', '6:30: "1KiB" is too small, expected at least 64KiB'],
  ['runtime: { offload: { threads: 1.5 } }', '6:32: 1.5 is not a whole number, expected a whole number from 0 to 64'],
  [
    'telemetry: { accessLog: { to: syslog } }',
    '6:31: "syslog" is not known here, expected stdout, none, { file: /path } or { otlp: URL }',
  ],
  [
    'telemetry: { tracing: { to: { otlp: "collector:4318" } } }',
    '6:37: "collector:4318" is no URL of http or https, expected the http or https URL of an OTLP collector, such as http://127.0.0.1:4318/v1/traces',
  ],
  [
    'telemetry: { tracing: { to: { otlp: "http://me:secret@collector" } } }',
    '6:37: telemetry.tracing.to.otlp holds credentials, expected them among the headers',
  ],
  [
    'telemetry: { tracing: { to: { otlp: "http://c" }, sample: 0.01 } }',
    '6:59: 0.01 is not a percentage, expected a percentage from 0% to 100%',
  ],
  [
    'telemetry: { tracing: { to: { otlp: "http://c", headers: { host: a } } } }',
    '6:60: "host" is written by the gateway itself, expected another header',
  ],
  [
    'telemetry: { accessLog: { to: { file: a.log, rotate: { size: 1KiB } } } }',
    '6:62: "1KiB" is too small, expected at least 64KiB',
  ],
  ['telemetry: { log: { level: loud } }', '6:28: "loud" is not known here, expected error, warn, info or debug'],
  ['telemetry: { accessLog: off }', '6:25: "off" is not known here, expected none or { to, sample }'],
  ['telemetry: { accessLog: { sample: 2 } }', '6:35: 2 is not a share, expected a number from 0 to 1'],
  [
    'admin: { address: 0.0.0.0:9901 }',
    '6:19: "0.0.0.0:9901" can be reached from other machines and admin.token is not set, expected a token or a loopback address',
  ],
  [
    'admin: { address: 127.0.0.1:8080 }',
    '6:19: "127.0.0.1:8080" is a listener\'s address too, expected one of its own (listener at penstock.yaml:3:30)',
  ],
  [
    'admin: { address: example.com:80 }',
    '6:19: "example.com:80" does not begin with an IP address, expected an IP address and a port, such as 0.0.0.0:8080 or [::1]:8080, or unix:/path/to/socket',
  ],
  ['admin: { token: "" }', `6:17: admin.token is empty, expected a secret, best as a reference: \${env:NAME}`],
  [
    'consumers: { "a b": {} }',
    '6:14: "a b" is not a name, expected 1 to 128 printable ASCII characters without blanks',
  ],
  ['policies: { partner: [{ respnd: {} }] }', '6:25: unknown key "respnd", did you mean "respond"?'],
  ['tests: [{ request: { url: / } }]', '6:9: tests[0].expect is missing, expected a map'],
  [
    'tests: [{ request: { url: / }, expect: {} }]',
    '6:40: tests[0].expect is empty, expected at least one thing to be true of the request',
  ],
  [
    'tests: [{ request: { url: "a b" }, expect: { status: 200 } }]',
    '6:27: "a b" is no URL of a request, expected http://host/path, https://host/path, or a path alone',
  ],
  [
    'tests: [{ request: { url: / }, expect: { upstream: demi } }]',
    '6:52: no upstream is named "demi", did you mean "demo"?',
  ],
  [
    'tests: [{ request: { url: / }, expect: { code: path_invald } }]',
    '6:48: no error is named "path_invald", did you mean "path_invalid"?',
  ],
  ['version: 1', '6:1: not valid YAML: map keys must be unique'],
  ['routes: {}', '6:9: {} is not a list, expected a list'],
];

for (const [line, said] of LINES) {
  test(`one fault, one sentence: ${line}`, () => assert.deepEqual(diagnose(`${BASE}${line}\n`), [said]));
}

test('places for what comes later may stand empty', () => {
  assert.deepEqual(diagnose(`${BASE}consumers: {}\npolicies: {}\ntests: []\n`), []);
});

test('every fault is told at once, in the order of the file, across all stages', () => {
  const text = `version: 2
listeners:
  - name: public
    address: 0.0.0.0:99999
    limtis: {}
    trustedProxies: [10.0.0.0/33, nonsense]
upstreams:
  catalog:
    endpoints: [http://a.example, { url: http://b.example, wieght: 2 }]
    balance: mostRequests
    health: { active: {} }
routes:
  - name: first
    match: { path: /a, methods: [get], headers: { x: 2 } }
    forward: { upstream: catalogue, timeout: 5 }
  - name: first
    match: { path: a, hosts: [EXAMPLE.com, "a.*.com", "x:80"] }
    policies: [partner]
    forward: { upstream: "\${env:MISSING}" }
  - match: {}
`;
  const expected = [
    '1:10: 2 is no version of this format, expected version: 1',
    '4:14: "0.0.0.0:99999" has a port out of range, expected a port from 1 to 65535, or 0 for any free one',
    '5:5: unknown key "limtis", did you mean "limits"?',
    '6:22: "10.0.0.0/33" has a bad prefix length, expected 0 to 32 bits behind the slash',
    '6:35: "nonsense" is not a CIDR block, expected an IP address or a block such as 10.0.0.0/8 or fd00::/8',
    '9:60: unknown key "wieght", did you mean "weight"?',
    '10:14: "mostRequests" is not known here, expected roundRobin, leastRequests, randomTwo or { hash }',
    '11:23: upstreams.catalog.health.active.path is missing, expected a path such as /healthz, with a query if need be',
    '14:34: "get" is not in capitals, expected GET',
    '14:54: 2 is not text, expected text (quote a number: "2")',
    '15:26: no upstream is named "catalogue", did you mean "catalog"?',
    '15:46: 5 is a duration without a unit, expected a number with a unit, such as 250ms, 5s, 1m or 1h, or none',
    '16:11: "first" stands twice, expected each once (first at penstock.yaml:13:11)',
    '17:20: "a" is no path pattern (a path begins with "/" or "~"), expected /a, /a/*, /users/{id} or ~regular-expression',
    '17:31: "EXAMPLE.com" is not in the form that requests are compared in, expected "example.com"',
    '17:44: "a.*.com" has a * in the wrong place, expected it only as the first label: *.example.com',
    '17:55: "x:80" has a port, expected the host alone: routes match on every port',
    '18:16: no list of policies is named "partner", expected one under policies',
    `19:26: \${env:MISSING} refers to a variable that is not set, expected MISSING in the environment`,
    '20:5: routes[2].name is missing, expected a name of 1 to 128 printable ASCII characters without blanks, to tell routes apart',
    '20:5: the route has neither forward nor a policy that answers, expected one of both',
    '20:12: routes[2].match.path is missing, expected /a, /a/*, /users/{id} or ~regular-expression',
  ];
  assert.deepEqual(diagnose(text), expected);
});

test('YAML that does not parse is told with its place', () => {
  const said = diagnose('version: 1\nlisteners:\n  - name: a\n   address: b\n');
  assert.match(said[0]!, /^4:\d+: not valid YAML: /);
  assert.match(diagnose('a: [1, 2\n')[0]!, /^2:1: not valid YAML: /);
  assert.match(diagnose('a: !custom 1\n')[0]!, /^1:4: not valid YAML: unresolved tag/);
  assert.deepEqual(diagnose('__proto__: {}\n'), ['1:1: "__proto__" cannot be a key, expected another']);
});

test('JSON is strict, and its places are kept too', () => {
  const said = (text: string): string[] => diagnose(text, 'penstock.json');
  assert.deepEqual(said('{\n  "version": 1,\n}'), [
    '3:1: not valid JSON: property name expected',
    '3:1: not valid JSON: value expected',
  ]);
  assert.match(said('{ // note\n}')[0]!, /^1:3: not valid JSON: invalid comment token/);
  assert.deepEqual(said('{ "version": 1,\n "version": 1 }'), [
    '2:2: "version" stands twice, expected each key once (first at 1:3)',
  ]);
  assert.deepEqual(said('{"__proto__": {"version": 1}}'), ['1:2: "__proto__" cannot be a key, expected another']);
  assert.deepEqual(said(''), ['1:1: not valid JSON: value expected']);
  const faulty = said('{\n  "version": 1,\n  "listeners": [{ "name": "p",\n    "adress": "x" }]\n}');
  assert.deepEqual(faulty, [
    '3:17: listeners[0].address is missing, expected an IP address and a port, such as 0.0.0.0:8080 or [::1]:8080, or unix:/path/to/socket',
    '4:5: unknown key "adress", did you mean "address"?',
  ]);
});

test('an alias is followed, for values and for places, and cannot be a bomb', () => {
  const shared = `${BASE}routes:
  - name: a
    match: { path: /a }
    forward: &f { upstream: demo, timeout: 5x }
  - { name: b, match: { path: /b }, forward: *f }
`;
  const sentence = '"5x" is not a duration, expected a number with a unit, such as 250ms, 5s, 1m or 1h, or none';
  assert.deepEqual(diagnose(shared), [`9:44: ${sentence}`]);
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level}: &l${level} [${`*l${level - 1},`.repeat(level === 0 ? 0 : 10)}1]`,
  );
  assert.deepEqual(diagnose(levels.join('\n')), [
    '1:1: aliases expand to too much, expected at most 100 nodes and none that contains itself',
  ]);
});

test('an empty file and one that holds no map are told apart from a bad map', () => {
  assert.deepEqual(diagnose(''), ['1:1: the config is empty, expected a map']);
  assert.deepEqual(diagnose('hello\n'), ['1:1: "hello" is not a map, expected a map']);
  assert.deepEqual(diagnose('version: 1\n'), ['1:1: listeners is missing, expected a list']);
  assert.deepEqual(diagnose('version: 1\nlisteners: []\n'), ['2:12: listeners is empty, expected at least one item']);
});

test('a spelling is proposed for what was written, never for what a reference stands for', () => {
  const route = (host: string, path = '/*', method = 'GET'): string =>
    `${BASE}routes:\n  - { name: r, match: { hosts: ["${host}"], path: "${path}", methods: ["${method}"] }, forward: { upstream: demo } }\n`;
  const secret = {
    SECRET: 'Top-Secret.example',
    V6: '[::FFFF:1]',
    PATH: '/{top}/{top}',
    SEGMENT: '/top secret/\ud800',
  };
  assert.deepEqual(diagnose(route('Shop.example.com')), [
    '7:33: "Shop.example.com" is not in the form that requests are compared in, expected "shop.example.com"',
  ]);
  for (const [text, name] of [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the config, not of JavaScript
    [route('${env:SECRET}'), 'SECRET'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    [route('${env:V6}'), 'V6'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    [route('a.test', '${env:PATH}'), 'PATH'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    [route('a.test', '${env:SEGMENT}'), 'SEGMENT'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    [route('a.test', '/*', '${env:SECRET}'), 'SECRET'],
  ] as const) {
    const said = diagnose(text, undefined, secret);
    assert.equal(said.length, 1, said.join('\n'));
    assert.doesNotMatch(said[0]!, /top|ffff/i);
    assert.ok(said[0]!.includes(`\${env:${name}}`), said[0]);
  }
});

test('of very many unknown keys the first are named and the rest counted', () => {
  const keys = Array.from({ length: 30_000 }, (_, index) => `"k${index}":1`);
  const said = diagnose(`{"version":1,"listeners":[{"name":"a","address":"127.0.0.1:1"}],${keys.join(',')}}`, 'a.json');
  assert.equal(said.length, 21);
  assert.ok(
    said.some((line) => line.includes('the config has 29980 more unknown keys')),
    said[0],
  );
});
