import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { interactions } from '../../../../../src/recording/import/formats/interactions.ts';
import { nova } from '../../../../../src/recording/import/formats/nova.ts';
import { githubCalls } from '../../../../support/recorded-traffic.ts';
import { repositoryRoot } from '../../../../support/repository-root.ts';
import { importAll, readOne, requestIn } from '../log-cases.ts';

describe('the log of OpenStack Compute', () => {
  it('counts the arrival from the end, and has the time of the upstream', async () => {
    const line =
      '2017-05-16 00:00:00.500 25746 INFO nova.osapi_compute.wsgi.server [req-1 113d - - -] 10.11.10.1 "GET /v2/54/servers/detail HTTP/1.1" status: 200 len: 1893 time: 0.2500000';
    const request = await requestIn(nova, line);
    assert.deepEqual([request.arrivedMs, request.upstreamMs], [Date.UTC(2017, 4, 16, 0, 0, 0, 250), 250]);
    assert.deepEqual([request.path, request.status, request.responseBytes], ['/v2/54/servers/detail', 200, 1893]);
    assert.deepEqual(request.headers, []);
  });

  it('keeps the addresses that a proxy has passed on', async () => {
    const line =
      'nova-api.log.1 2017-05-16 00:00:00.500 2 INFO nova.metadata.wsgi.server [req-1 - -] 10.1.1.1,10.2.2.2 "GET /latest HTTP/1.1" status: 404 len: 1 time: 0.1';
    const request = await requestIn(nova, line);
    assert.equal(request.client, '10.1.1.1');
    assert.deepEqual(request.headers, [['x-forwarded-for', '10.1.1.1, 10.2.2.2']]);
    const { exchanges } = await importAll([[nova, line]]);
    const [first] = exchanges[0]!.headers[0]![1].split(', ');
    assert.equal(exchanges[0]!.client, first);
    assert.notEqual(first, '10.1.1.1');
  });
});

describe('recorded API calls', () => {
  it('imports the excerpt, and rejects what went to placeholder hosts', async () => {
    const excerpt = readFileSync(join(repositoryRoot, 'test/fixtures/logs/github-interactions.ndjson'));
    const { exchanges, files } = await importAll([[interactions, excerpt]]);
    assert.equal(exchanges.length, 12);
    assert.deepEqual(
      files[0]!.reasons.map(({ count, places }) => [count, places]),
      [[4, [13, 14, 15, 16]]],
    );
    assert.ok(exchanges.every(({ host, scheme }) => host === 'api.github.com' && scheme === 'https'));
  });

  it('keeps method, target, headers and body of a thousand calls', async () => {
    const calls = githubCalls();
    const log = calls.map(({ host, target, method, headers, body, status }, index) => {
      const reqHeaders = Object.fromEntries(headers.map(([name, value]) => [name, [value]]));
      const at = new Date(index * 1000).toUTCString();
      return JSON.stringify({
        at,
        method,
        url: `https://${host}${target}`,
        reqHeaders,
        reqBody: body,
        reqBytes: Buffer.byteLength(body),
        status,
      });
    });
    const { exchanges } = await importAll([[interactions, log.join('\n')]]);
    assert.equal(exchanges.length, calls.length);
    for (const [index, { method, path, at, status, headers }] of exchanges.entries()) {
      const call = calls[index]!;
      assert.deepEqual(
        [method, path.replace(/\?.*/, ''), at, status],
        [call.method, call.target.replace(/\?.*/, ''), index * 1000, call.status],
      );
      assert.equal(headers.length, new Set(call.headers.map(([name]) => name)).size);
    }
  });

  it('knows only the size of a body that was not kept', async () => {
    const call = {
      at: 'Sat, 11 Jan 2014 15:50:26 GMT',
      method: 'PUT',
      url: 'https://a.example/',
      reqBody: 'ab',
      reqBytes: 9,
      status: 201,
    };
    assert.deepEqual((await requestIn(interactions, JSON.stringify(call))).body, { bytes: 9, sha256: null });
  });

  it('rejects JSON that is something else, and bytes that are no text', async () => {
    assert.match(String(await readOne(interactions, '[1]')), /not of this format/);
    const { files } = await importAll([[interactions, Buffer.from([0x7b, 0xff, 0x7d])]]);
    assert.match(files[0]!.reasons[0]!.reason, /UTF-8/);
  });
});
