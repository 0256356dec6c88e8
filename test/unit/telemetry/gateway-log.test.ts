import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayLog } from '../../../src/telemetry/gateway-log.ts';

function aLog() {
  const written: string[] = [];
  const log = new GatewayLog({ write: (text) => written.push(text) });
  return { log, written };
}

describe("the gateway's own log", () => {
  it('is for humans unless told otherwise', () => {
    const { log, written } = aLog();
    log.info('generation 2 is live: 3 routes\n', { generation: 2 });
    log.debug('nobody asked for this');
    log.plain('warn', 'penstock.yaml:1:1: something\n');
    assert.deepEqual(written, ['penstock: generation 2 is live: 3 routes\n', 'penstock.yaml:1:1: something\n']);
  });

  it('is one JSON object a line as json, whatever a message holds', () => {
    const { log, written } = aLog();
    log.setRole('acceptor');
    log.configure({ format: 'json', level: 'debug' });
    log.error('two\nlines \u2028 "quoted"', { code: 'EMFILE', times: 3 });
    log.plain('warn', 'as it is\n');
    const [first, second] = written.map((line) => {
      assert.match(line, /^[^\n]*\n$/);
      return JSON.parse(line) as Record<string, unknown>;
    });
    const { time, ...rest } = first!;
    assert.ok(!Number.isNaN(Date.parse(String(time))));
    assert.deepEqual(rest, {
      level: 'error',
      pid: process.pid,
      role: 'acceptor',
      code: 'EMFILE',
      times: 3,
      msg: 'two\nlines \u2028 "quoted"',
    });
    assert.deepEqual([second!.level, second!.msg], ['warn', 'as it is']);
  });

  it('goes by a level set by hand until that is taken back, whatever is configured meanwhile', () => {
    const { log, written } = aLog();
    log.setLevel('debug');
    log.configure({ format: 'text', level: 'error' });
    log.debug('heard');
    log.setLevel(null);
    log.warn('not heard');
    log.plain('warn', 'not heard either');
    log.error('heard');
    assert.equal(log.level, 'error');
    assert.deepEqual(written, ['penstock: heard\n', 'penstock: heard\n']);
  });
});
