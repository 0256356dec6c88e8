import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { WorkloadLine } from '../../bench/load/workload.ts';
import { LineParser } from '../../bench/load/workload-line.ts';
import { PEERS } from '../../bench/peers/registry.ts';
import { findBinary } from '../../bench/processes.ts';
import { freePorts } from '../../bench/run/experiment.ts';
import { measure } from '../../bench/run/measure.ts';
import { prepareScenario } from '../../bench/run/run-scenario.ts';
import { SCENARIOS } from '../../bench/scenarios/registry.ts';
import { CONFIG_FILE, type Scenario, type ScenarioPlace, type ScenarioSetup } from '../../bench/scenarios/scenario.ts';
import { openGateway } from '../../src/cli/dry-gateway/open-gateway.ts';
import { formatDiagnostics } from '../../src/config/diagnostics.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Of each workload and of each large config: enough to see how it is made. */
const MOST_LINES = 50;
const MOST_ROUTES = 200;

const lifetime = fileLifetime();

interface Prepared {
  readonly scenario: Scenario;
  readonly place: ScenarioPlace;
  readonly setup: ScenarioSetup;
  readonly lines: readonly WorkloadLine[];
}

function write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function first(lines: Iterable<WorkloadLine>): WorkloadLine[] {
  const taken: WorkloadLine[] = [];
  for (const line of lines) if (taken.push(line) === MOST_LINES) break;
  return taken;
}

/** The first routes of it alone, where it has very many: the last one would be read as the first one is. */
function shortened(config: string): string {
  const { routes, ...rest } = JSON.parse(config) as { readonly routes: readonly unknown[] };
  return JSON.stringify({ ...rest, routes: routes.slice(0, MOST_ROUTES) });
}

/** As it is described to a gateway without sockets. */
function described({ head, fillerBytes }: WorkloadLine) {
  const [requestLine, ...headers] = head.trimEnd().split('\r\n');
  const [method, url] = requestLine!.split(' ');
  const named = headers.map((line) => line.split(/: (.*)/s, 2) as [string, string]);
  return { method: method!, url: url!, headers: named, client: null, body: Buffer.alloc(fillerBytes), listener: null };
}

describe('scenarios of the bench', () => {
  const all: Prepared[] = [];

  before(async () => {
    const [gatewayPort, adminPort, ...ports] = await freePorts(4);
    for (const scenario of SCENARIOS) {
      const folder = tempDir(lifetime);
      const originPorts = ports.slice(0, scenario.origins ?? 1);
      const place = { folder, gatewayPort: gatewayPort!, adminPort: adminPort!, originPorts };
      const setup = await scenario.prepare(place);
      write(folder, { ...setup.files, [CONFIG_FILE]: shortened(setup.config) });
      all.push({ scenario, place, setup, lines: first(setup.workload()) });
    }
  });

  it('have names and purposes of their own', () => {
    assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
    for (const { name, purpose } of SCENARIOS) {
      assert.match(name, /^[a-z][a-z-]+$/);
      assert.match(purpose, /^[A-Z].{30,130}\.$/s);
    }
  });

  it('have configs that the gateway takes, and requests that it forwards', async () => {
    for (const { scenario, place, lines } of all) {
      const { opened, diagnostics } = openGateway(join(place.folder, CONFIG_FILE), {}, Date.now());
      assert.ok(opened !== null, `${scenario.name}: ${formatDiagnostics(diagnostics)}`);
      const known = lines.filter((line) => opened.gateway.routeOf(described(line)) !== null).slice(0, 3);
      assert.ok(known.length > 0, scenario.name);
      for (const line of known) {
        const { outcome } = await opened.gateway.decide(described(line), null);
        assert.equal(outcome?.kind, 'forward', `${scenario.name}: ${line.head}`);
        // Figures of very many routes are told together.
        const isOneOfMany = scenario.name === 'many-routes' || scenario.name === 'reload-under-load';
        assert.equal(line.label, isOneOfMany ? 'all' : opened.gateway.routeOf(described(line))!.name, scenario.name);
      }
    }
  });

  it('send what a generator can read', () => {
    for (const { scenario, lines } of all) {
      const parser = new LineParser(scenario.name);
      for (const line of lines) {
        const { expect, fillerBytes } = parser.parse(JSON.stringify(line));
        const [, length = '0'] = /\r\ncontent-length: (\d+)\r\n/.exec(line.head) ?? [];
        assert.deepEqual([expect, fillerBytes], [200, Number(length)], scenario.name);
      }
    }
  });

  it('say of every peer how it does the work, or why it cannot', () => {
    for (const { scenario, place } of all) {
      for (const { name } of PEERS) {
        const peer = scenario.peers?.[name];
        assert.ok(peer !== undefined, `${scenario.name}, ${name}`);
        if (typeof peer !== 'function') assert.match(peer.cannot, /^[A-Za-z].{15,}\.$/s);
        else if (scenario.name !== 'many-routes') {
          const text = Object.values(peer(place).files).join('\n');
          for (const port of [place.gatewayPort, ...place.originPorts]) assert.ok(text.includes(String(port)), name);
        }
      }
    }
  });

  for (const peer of PEERS) {
    it(`have configs that ${peer.name} takes`, (t) => {
      const binary = findBinary(peer.binary.command, peer.binary.variable);
      if (binary === null) return t.skip(`${peer.name} is not installed`);
      // Each of these has something that no other has; the table of many routes is too large to be read in a test.
      for (const { scenario, place } of all) {
        const configure = scenario.peers?.[peer.name];
        if (!['full-chain', 'cache-hits', 'tls', 'large-bodies', 'dying-upstream'].includes(scenario.name)) continue;
        if (typeof configure !== 'function') continue;
        write(place.folder, configure(place).files);
        const check = peer.check(place.folder);
        if (check === null) return t.skip(`${peer.name} cannot check a config without running it`);
        const env = { ...process.env, ...peer.env?.(place.folder) };
        execFileSync(binary, [...check], { cwd: place.folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
      }
    });
  }

  it('run against a real gateway', async (t) => {
    const scenario = SCENARIOS.find(({ name }) => name === 'dying-upstream')!;
    const choice = { pace: { kind: 'rate', perSecond: 200 }, warmUpMs: 200, measureMs: 800 } as const;
    const experiment = await prepareScenario(scenario, tempDir(t), choice);
    const notes: string[] = [];
    const { load, gateway } = await measure(experiment, {
      ...{ round: 1, main: join(repositoryRoot, 'dist/src/main.js'), signal: new AbortController().signal },
      onProgress: () => {},
      onNote: (text) => notes.push(text),
    });
    const { sent, answered, failed, byStatus } = load.total;
    assert.equal(sent, answered + failed);
    assert.ok((byStatus['200'] ?? 0) > 0 && gateway.overhead !== null);
    assert.match(notes.join(), /killed 0 times/);
  });
});
