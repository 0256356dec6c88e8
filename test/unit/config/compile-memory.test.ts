import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompileMemory } from '../../../src/config/compile-memory.ts';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import type { CompileReply, CompileRequest } from '../../../src/offload/protocol.ts';
import { temporaryFiles } from './temporary-files.ts';

/** A config in a folder, and what it goes by besides. */
interface World {
  readonly files: Map<string, string>;
  readonly environment: Record<string, string>;
  readonly routes: object[];
  upstreams: readonly string[];
  policies: Record<string, object[]>;
  /** Put before the routes, which moves them all. */
  blanks: string;
}

type Edit = (world: World) => void;

const OPENAPI = (path: string): string =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    paths: { [path]: { get: { operationId: 'op', responses: { 200: { description: 'ok' } } } } },
  });

function newWorld(): World {
  return {
    files: new Map([
      ['prefix.txt', '/p\n'],
      ['api.json.txt', OPENAPI('/x')],
    ]),
    environment: { UPSTREAM: 'u0' },
    routes: [],
    upstreams: ['u0', 'u1'],
    policies: { shared: [{ headers: { request: { set: { 'x-a': `\${path.id}` } } } }], other: [] },
    blanks: '',
  };
}

const names = fc.nat({ max: 12 }).map((at) => `r${at}`);
const paths = fc.constantFrom(
  '/a',
  '/a/*',
  '/users/{id}',
  '/users/{name}',
  `\${file:prefix.txt}/x`,
  '~^/z[0-9]',
  'bad',
  '/p/x',
);
const forwards = fc.oneof(
  fc.record(
    {
      upstream: fc.constantFrom<unknown>('u0', 'u1', 'u2', `\${env:UPSTREAM}`, [
        { upstream: 'u0' },
        { upstream: 'u1', weight: 2 },
      ]),
      timeout: fc.constantFrom('1s', '2s', '2'),
      stripPrefix: fc.constant('/a'),
      retries: fc.constantFrom<unknown>(2, { attempts: 1, on: ['connect', 503], backoff: {} }),
      failover: fc.constantFrom('u1', 'u9'),
    },
    { requiredKeys: ['upstream'] },
  ),
  fc.constant(undefined),
);
const policies = fc.array(
  fc.constantFrom<unknown>(
    'shared',
    'other',
    'none',
    { redirect: { to: '/there' } },
    { headers: { request: { set: { 'x-b': `\${env:UPSTREAM}` } } } },
    { mirror: { upstream: 'u1' } },
    { validate: { openapi: 'api.json.txt', operation: 'op' } },
    { use: './own.ts', options: { a: 1 } },
  ),
  { maxLength: 2 },
);
const routes = fc.record(
  {
    name: names,
    match: fc.record(
      { path: paths, methods: fc.constantFrom(['GET'], ['GET', 'POST']), hosts: fc.constant(['a.example']) },
      { requiredKeys: ['path'] },
    ),
    forward: forwards,
    policies,
  },
  { requiredKeys: ['name', 'match', 'forward'] },
);

/** A route that is right and unlike every other. */
const goodRoutes = fc.nat({ max: 30 }).map((at) => ({
  name: `good${at}`,
  match: { path: `/good/${at}` },
  policies: at % 3 === 0 ? ['other'] : [],
  forward: { upstream: at % 5 === 0 ? `\${env:UPSTREAM}` : 'u1' },
}));

const module = (phase: string, name: string): string =>
  `export const policy = { name: '${name}', phase: '${phase}', create() { return {}; } };\n`;

const edits: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(goodRoutes, fc.nat()).map(
      ([route, at]): Edit =>
        ({ routes: list }) => {
          list.splice(at % (list.length + 1), 0, route);
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(routes, fc.nat()).map(
      ([route, at]): Edit =>
        ({ routes: list }) => {
          list.splice(at % (list.length + 1), 0, route);
        },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.nat().map(
      (at): Edit =>
        ({ routes: list }) => {
          list.splice(at % (list.length + 1), 1);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat().map(
      (at): Edit =>
        ({ routes: list }) => {
          list.unshift(...list.splice(at % (list.length + 1)));
        },
    ),
  },
  fc.constantFrom('u0', 'u1', 'u2', 'gone').map(
    (name): Edit =>
      (world) => {
        world.environment['UPSTREAM'] = name;
      },
  ),
  fc.constantFrom(['u0', 'u1'], ['u1', 'u0'], ['u2', 'u0', 'u1'], ['u1']).map(
    (list): Edit =>
      (world) => {
        world.upstreams = list;
      },
  ),
  fc.constantFrom('/p', '/q', 'bad').map(
    (text): Edit =>
      (world) => {
        world.files.set('prefix.txt', text);
      },
  ),
  fc.constantFrom('/x', '/y').map(
    (path): Edit =>
      (world) => {
        world.files.set('api.json.txt', OPENAPI(path));
      },
  ),
  fc
    .constantFrom<Record<string, object[]>>(
      { shared: [], other: [] },
      { other: [{ rewrite: { prefix: '/new' } }], shared: [{ mirror: { upstream: 'u0' } }] },
      { shared: [{ headers: { request: { set: { 'x-a': `\${path.id}` } } } }], other: [{ redirect: { to: '/o' } }] },
    )
    .map(
      (lists): Edit =>
        (world) => {
          world.policies = lists;
        },
    ),
  fc.constantFrom('', '\n', '\n\n  ').map(
    (blanks): Edit =>
      (world) => {
        world.blanks = blanks;
      },
  ),
  fc.tuple(fc.constantFrom('edge', 'transform', 'nonsense'), names).map(
    ([phase, name]): Edit =>
      (world) => {
        world.files.set('own.ts', module(phase, name));
      },
  ),
);

function write(folder: string, { files, routes: list, upstreams, policies: lists, blanks }: World): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'config'), { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, 'config', name), text);
  const half = list.length >> 1;
  writeFileSync(join(folder, 'config/a.json'), `{${blanks}"routes": ${JSON.stringify(list.slice(0, half), null, 1)}}`);
  writeFileSync(join(folder, 'config/b.yaml'), `routes: ${JSON.stringify(list.slice(half))}\n`);
  const endpoints = Object.fromEntries(upstreams.map((name) => [name, { endpoints: ['http://127.0.0.1:9001'] }]));
  const rest = {
    version: 1,
    listeners: [{ name: 'l', address: '127.0.0.1:0' }],
    upstreams: endpoints,
    policies: lists,
  };
  writeFileSync(join(folder, 'config/c.json'), JSON.stringify(rest));
}

function shown(reply: CompileReply): unknown {
  if (!reply.ok) return reply;
  const { timings: _, image, ...rest } = reply;
  return { ...rest, image: Buffer.from(image).toString('base64') };
}

test('whatever is edited, a compile that remembers the last one comes to what a fresh one does', (context) => {
  const folder = temporaryFiles(context, {});
  const path = join(folder, 'x/config');
  let good = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(edits, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 12 }),
      (rounds) => {
        const world = newWorld();
        const memory = new CompileMemory();
        let numbering: Pick<CompileRequest, 'series' | 'endpointRows'> = { series: null, endpointRows: null };
        for (const round of rounds) {
          for (const edit of round) edit(world);
          write(join(folder, 'x'), world);
          const request = { path, environment: { ...world.environment }, ...numbering, roomBytes: null };
          const warm = loadAndCompile(request, memory);
          assert.deepEqual(shown(warm), shown(loadAndCompile(request)));
          if (!warm.ok) continue;
          good++;
          numbering = warm;
        }
      },
    ),
    { numRuns: 25 },
  );
  assert.ok(good > 20, `${good} of the configs were right`);
});
