import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { w3c } from '../../../../../src/recording/import/formats/w3c.ts';
import { importAll, readOne, recordsOf, requestIn } from '../log-cases.ts';

const IIS_FIELDS =
  '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken';
const IIS_LINE =
  '2024-03-01 12:00:05 10.0.0.9 POST /Cart/Add item=1+2 443 - 10.0.0.1 Mozilla/5.0+(Windows+NT+10.0) - shop.example 302 0 0 512 900 1250';

const withFields = (fields: string, line: string) => readOne(w3c, `#Fields: ${fields}\n${line}`);

describe('W3C extended logs', () => {
  it('reads all that IIS says', async () => {
    const request = await requestIn(
      w3c,
      `#Software: Microsoft Internet Information Services 10.0\n${IIS_FIELDS}\n${IIS_LINE}`,
    );
    assert.deepEqual(request, {
      arrivedMs: Date.UTC(2024, 2, 1, 12, 0, 5) + 500 - 1250,
      isWholeSecond: true,
      scheme: 'https',
      method: 'POST',
      host: 'shop.example',
      path: '/Cart/Add?item=1+2',
      headers: [['user-agent', 'Mozilla/5.0 (Windows NT 10.0)']],
      body: null,
      client: '10.0.0.1',
      status: 302,
      responseBytes: 512,
      upstreamMs: 1250,
    });
  });

  it('follows fields that change in the middle of a file', async () => {
    const log = [
      '#Fields: date time cs-method cs-uri-stem sc-status',
      '2024-03-01 12:00:05 GET /a 200',
      '#Fields: sc-status cs-uri-stem cs-method time date c-ip',
      '404 /b HEAD 12:00:06 2024-03-01 10.0.0.1',
      '2024-03-01 12:00:07 GET /c 200',
    ].join('\r\n');
    const { exchanges, files } = await importAll([[w3c, log]]);
    assert.deepEqual(
      exchanges.map(({ method, path, status }) => [method, path, status]),
      [
        ['GET', '/a', 200],
        ['HEAD', '/b', 404],
      ],
    );
    assert.deepEqual(files[0]!.reasons, [
      { reason: 'another number of columns than #Fields names', count: 1, places: [5] },
    ]);
    assert.equal(files[0]!.passedOver, 2);
  });

  it('takes the day from #Date where no column has it', async () => {
    const log = '#Date: 1996-01-12 00:00:00\n#Fields: time cs-method cs-uri sc-status\n00:34:23 GET /foo/bar.html 200';
    assert.equal((await requestIn(w3c, log)).arrivedMs, Date.UTC(1996, 0, 12, 0, 34, 23));
  });

  it('takes a time with a decimal point for seconds, and no whole second for one with a fraction', async () => {
    const fields = '#Fields: date\ttime\tcs-method\tcs-uri-stem\tsc-status\ttime-taken';
    const request = await requestIn(w3c, `${fields}\n2024-03-01\t12:00:05.500\tGET\t/a\t200\t0.250`);
    assert.deepEqual([request.arrivedMs, request.isWholeSecond], [Date.UTC(2024, 2, 1, 12, 0, 5, 250), false]);
    assert.equal(request.upstreamMs, 250);
  });

  it('reads text in quotes, with quotes doubled', async () => {
    const request = await withFields(
      'date time cs-method cs-uri-stem sc-status cs(User-Agent)',
      '2024-03-01 12:00:05 GET /a 200 "a ""big"" + one"',
    );
    assert.deepEqual(typeof request === 'object' && request.headers, [['user-agent', 'a "big" + one']]);
  });

  it('encodes again what IIS has decoded in a path', async () => {
    const request = await withFields('date time cs-method cs-uri-stem sc-status', '2024-03-01 12:00:05 GET /é 200');
    assert.equal(typeof request === 'object' && request.path, '/%C3%A9');
  });

  it('says why a line cannot be read', async () => {
    assert.match(String(await readOne(w3c, '2024-03-01 12:00:05 GET / 200')), /no #Fields/);
    assert.match(
      String(await withFields('date time cs-uri-stem sc-status', '2024-03-01 12:00:05 / 200')),
      /names no column/,
    );
    assert.match(String(await withFields('time cs-method cs-uri-stem sc-status', '12:00:05 GET / 200')), /no time/);
    assert.match(
      String(await withFields('date time cs-method cs-uri-stem sc-status', '2024-03-01 12:00:05 - - -')),
      /no HTTP method/,
    );
    assert.match(
      String(await withFields('date time cs-method cs-uri-stem sc-status', '2024-03-01 12:00:05 GET - 200')),
      /no path/,
    );
  });

  it('counts no directive as a request', async () => {
    assert.deepEqual(await recordsOf(w3c, '#Version: 1.0\n#Fields: date time\n#Remark: x\n\n'), []);
  });
});
