import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { tempDir } from '../support/temp-dir.ts';

const configOf = (telemetry: object) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 2 },
  telemetry,
  routes: [{ name: 'here', match: { path: '/*' }, policies: [{ respond: { status: 200, body: 'here' } }] }],
});

type Message = Readonly<Record<string, unknown>>;

describe('a gateway that logs JSON and rotates its access log', () => {
  it('loses no line of two acceptors, and says everything in whole objects on standard error alone', async (t) => {
    const folder = tempDir(t);
    const log = { format: 'json', level: 'debug' };
    const to = { file: join(folder, 'access.log'), rotate: { size: '64KiB', keep: 1000 } };
    const gateway = await startGateway(t, configOf({ accessLog: { to }, log }));
    const load = steadyLoad(t, { port: gateway.portOf('public'), newConnections: 0 });
    await gateway.printed(/goes on in a new file/);
    await load.more(100);
    await load.stop();
    writeFileSync(gateway.configPath, 'version: 2');
    gateway.signal('SIGHUP');
    await gateway.printed(/the config was not taken/);
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });

    const lines = readdirSync(folder).flatMap((name) =>
      readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1),
    );
    assert.ok(readdirSync(folder).length >= 2);
    assert.equal(new Set(lines.map((line) => (JSON.parse(line) as Message).requestId)).size, load.answered);

    const messages = gateway.stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Message);
    assert.ok(messages.every(({ level, time, pid, role, msg }) => level && time && pid && role && msg));
    const refusal = messages.find(({ level }) => level === 'error')!;
    assert.deepEqual([refusal.role, refusal.pid], ['supervisor', gateway.pid]);
    assert.match(String(refusal.msg), /penstock\.yaml:1:10: .*version/);
    assert.doesNotMatch(gateway.stdout, /"msg"/);
  });
});
