import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { EndpointRows } from '../../../src/config/endpoint-rows.ts';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import { temporaryFiles } from './temporary-files.ts';

test('an endpoint keeps its row, over any number of configs', () => {
  const first = new EndpointRows({ capacity: 4, keys: [] });
  const a = first.assign('catalog', 'http://a:1');
  assert.notEqual(first.assign('orders', 'http://a:1'), a);
  assert.notEqual(first.assign('catalog', null), a);
  const second = new EndpointRows(structuredClone(first.state()));
  assert.equal(second.assign('catalog', 'http://b:1'), 3);
  assert.equal(second.assign('catalog', 'http://a:1'), a);
  assert.equal(second.refused, 0);
});

test('endpoints beyond the capacity have no row', () => {
  const rows = new EndpointRows({ capacity: 1, keys: [] });
  assert.deepEqual([rows.assign('u', 'a'), rows.assign('u', 'b'), rows.assign('u', 'a')], [0, -1, 0]);
  assert.equal(rows.refused, 1);
});

test('a config with more endpoints than there is room for is taken with a warning at its place', (context) => {
  const urls = Array.from({ length: 20 }, (_, index) => `http://127.0.0.1:${9000 + index}`).join(', ');
  const directory = temporaryFiles(context, {
    'penstock.yaml': `version: 1
listeners: [{ name: public, address: 127.0.0.1:8080 }]
runtime: { memory: { endpoints: 16 } }
upstreams:
  plain: { endpoints: [http://127.0.0.1:1] }
  many: { endpoints: [${urls}], balance: leastRequests }
`,
  });
  const path = `${directory}/penstock.yaml`;
  const reply = loadAndCompile({ path, environment: {}, series: null, endpointRows: null, roomBytes: null });
  assert.ok(reply.ok);
  const [plain, many] = reply.globals.upstreams;
  assert.equal(plain!.endpoints[0]!.row, -1, 'nothing is shared of it');
  assert.deepEqual(
    many!.endpoints.slice(14, 18).map(({ row }) => row),
    [14, 15, -1, -1],
  );
  assert.deepEqual(
    reply.diagnostics.map(({ line, severity, message }) => `${line} ${severity}: ${message}`),
    [
      '3 warning: 5 endpoints and upstreams find no room among 16 and count as healthy and idle, expected runtime.memory.endpoints to be larger',
    ],
  );
});
