import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis, PolicyId, RouteId, SeriesId, UpstreamId } from '../../../src/brand.ts';
import {
  type CompiledGlobals,
  type CompiledPolicy,
  NO_UPSTREAM,
  type RouteRecord,
  type StoredRoute,
} from '../../../src/config/compiled.ts';
import { formatPlace, type Place } from '../../../src/config/diagnostics.ts';
import {
  ConfigImage,
  type ConfigImageParts,
  type EncodedConfig,
  encodeConfig,
  writeConfigImage,
} from '../../../src/shared-memory/config-image.ts';

const GLOBALS: CompiledGlobals = {
  listeners: [],
  upstreams: [],
  consumers: [],
  modules: [],
  cacheBytes: 1024,
  telemetry: {
    accessLog: { file: '/var/log/ünïcode.log', sample: 1, rotate: null, otlp: null },
    tracing: null,
    log: { format: 'text', level: 'info' },
    serviceName: 'penstock',
  },
  offloadThreads: 1,
  keySets: [],
  credentialPlaces: { headers: ['x-key'], queries: [] },
  quotaStore: '/var/lib/quotas',
};

const NOTHING: ConfigImageParts = {
  routeTable: new Uint8Array(8),
  globals: GLOBALS,
  records: [],
  placeOf: () => ({ file: 'a.yaml', line: 2, column: 3 }),
  policies: [],
};

/** Decoded records have an ordinary prototype, so the generated ones need one too. */
const PLAIN = { noNullPrototype: true };
const millis = fc.nat() as fc.Arbitrary<number> as fc.Arbitrary<Millis>;

const forwards: fc.Arbitrary<RouteRecord['forward']> = fc.record(
  {
    upstream: fc.nat() as fc.Arbitrary<number> as fc.Arbitrary<UpstreamId>,
    stripPrefix: fc.option(fc.string()),
    host: fc.string(),
    timeout: millis,
    headTimeout: millis,
    idleTimeout: millis,
    retries: fc.nat(),
    retryNonIdempotent: fc.boolean(),
    split: fc.constant(null),
    failover: fc.constant(NO_UPSTREAM),
    retry: fc.constant(null),
  },
  PLAIN,
);

const records: fc.Arbitrary<StoredRoute> = fc.record(
  {
    name: fc.string({ unit: 'binary' }),
    series: fc.nat() as fc.Arbitrary<number> as fc.Arbitrary<SeriesId>,
    path: fc.string(),
    policies: fc.option(fc.array(fc.nat() as fc.Arbitrary<number> as fc.Arbitrary<PolicyId>)),
    forward: forwards,
  },
  PLAIN,
);

const places: fc.Arbitrary<Place> = fc.record({
  file: fc.constantFrom('/etc/a.yaml', '/etc/b.json', 'relative:1'),
  line: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  column: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
});

const somePolicies: fc.Arbitrary<CompiledPolicy[]> = fc.array(
  fc.record(
    {
      policy: fc.string(),
      // No config can have the key: see FORBIDDEN_KEY.
      options: fc
        .jsonValue()
        .map((value) => JSON.stringify(value))
        .filter((text) => !text.includes('"__proto__"'))
        .map((text): unknown => JSON.parse(text)),
      scope: fc.string(),
      source: fc.string(),
    },
    PLAIN,
  ),
  { maxLength: 5 },
);

test('what is written is read, from shared memory, at any offset, in any order', () => {
  const tables = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(records, places), { maxLength: 40 }),
      somePolicies,
      tables,
      fc.nat({ max: 5 }),
      (placed, policies, table, pages) => {
        const routes = placed.map(([record, place]) => ({ ...record, source: formatPlace(place) }));
        const routeTable = new Uint8Array(Int32Array.from(table).buffer);
        const encoded = encodeConfig({
          routeTable,
          globals: GLOBALS,
          records: placed.map(([record]) => record),
          placeOf: (id) => placed[id]![1],
          policies,
        });
        const memory = new SharedArrayBuffer(pages * 4096 + encoded.bytes + 64);
        const half = new Uint8Array(memory, pages * 4096).fill(0xff);
        writeConfigImage(half, encoded);
        const image = new ConfigImage(half);
        assert.equal(image.byteLength, encoded.bytes);
        assert.equal(image.routeCount, routes.length);
        assert.deepEqual(image.globals(), GLOBALS);
        assert.deepEqual([...image.routeTable()], table);
        for (let id = routes.length - 1; id >= 0; id--) assert.deepEqual(image.route(id as RouteId), routes[id]);
        for (const [id, policy] of policies.entries()) assert.deepEqual(image.policy(id as PolicyId), policy);
        assert.ok(
          half.subarray(encoded.bytes).every((byte) => byte === 0xff),
          'nothing is written behind the image',
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('a target that is too small is left as it was', () => {
  const encoded = encodeConfig(NOTHING);
  const target = new Uint8Array(encoded.bytes - 1);
  assert.throws(() => writeConfigImage(target, encoded), RangeError);
  assert.ok(target.every((byte) => byte === 0));
});

test('memory that holds no image, or half of one, is refused', () => {
  assert.throws(() => new ConfigImage(new Uint8Array(4096)), RangeError);
  const encoded = encodeConfig(NOTHING);
  const whole = new Uint8Array(encoded.bytes);
  writeConfigImage(whole, encoded);
  assert.throws(() => new ConfigImage(whole.subarray(0, encoded.bytes - 8)), RangeError);
});

test('what was decoded outlives the image', () => {
  const route = fc.sample(records, { numRuns: 1, seed: 1 })[0]!;
  const encoded = encodeConfig({ ...NOTHING, records: [route] });
  const half = new Uint8Array(encoded.bytes);
  writeConfigImage(half, encoded);
  const image = new ConfigImage(half);
  const decoded = [image.globals(), image.route(0 as RouteId)];
  half.fill(0);
  assert.deepEqual(decoded, [GLOBALS, { ...route, source: 'a.yaml:2:3' }]);
});

test('records that are taken over from an earlier image are as if they were new', () => {
  const kept = fc.array(records, { maxLength: 20 });
  fc.assert(
    fc.property(kept, fc.array(fc.oneof(fc.nat({ max: 19 }), records), { maxLength: 30 }), (before, edits) => {
      const routes = edits.flatMap((edit) => (typeof edit === 'number' ? (before[edit] ?? []) : [edit]));
      const parts = { ...NOTHING, records: routes };
      const earlier = encodeConfig({ ...NOTHING, records: before });
      assert.deepEqual(imageOf(encodeConfig(parts, earlier)), imageOf(encodeConfig(parts)));
    }),
    { numRuns: 50 },
  );
});

function imageOf(encoded: EncodedConfig): Uint8Array {
  const image = new Uint8Array(encoded.bytes);
  writeConfigImage(image, encoded);
  return image;
}
