/** A scenario as an experiment: its files written, its ports chosen, its workload made. */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WorkloadLine } from '../load/workload.ts';
import { CONFIG_FILE, type Scenario } from '../scenarios/scenario.ts';
import { type Experiment, freePorts, type LoadChoice, USUAL_LOAD } from './experiment.ts';

/**
 * @param folder empty
 * @param choice what the command line says of the load, on top of what the scenario says
 */
export async function prepareScenario(scenario: Scenario, folder: string, choice: LoadChoice): Promise<Experiment> {
  const [gatewayPort, adminPort, ...originPorts] = await freePorts(2 + (scenario.origins ?? 1));
  const setup = await scenario.prepare({ folder, gatewayPort: gatewayPort!, adminPort: adminPort!, originPorts });
  const configFile = join(folder, CONFIG_FILE);
  for (const [path, content] of Object.entries({ ...setup.files, [CONFIG_FILE]: setup.config })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const workload = join(folder, 'workload.ndjson');
  await pipeline(Readable.from(linesOf(setup.workload())), createWriteStream(workload));
  return {
    name: scenario.name,
    purpose: scenario.purpose,
    folder,
    configFile,
    acceptors: scenario.acceptors ?? 1,
    adminPort: adminPort!,
    originPorts,
    plan: { ...USUAL_LOAD, ...setup.load, ...choice, workload, host: '127.0.0.1', port: gatewayPort! },
    during: setup.during === undefined ? null : (stage) => setup.during!(stage),
    budgets: [],
    about: {
      config: { file: `bench/scenarios/${scenario.name}.ts`, digest: sha256(setup.config) },
      recording: null,
    },
    notes: [],
  };
}

function* linesOf(workload: Iterable<WorkloadLine>): Generator<string> {
  for (const line of workload) yield `${JSON.stringify(line)}\n`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
