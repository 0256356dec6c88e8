/** A recording against a config as an experiment: the config moved to other ports, the recording made a workload. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type OpenedGateway, openGateway } from '../../src/cli/dry-gateway/open-gateway.ts';
import { formatDiagnostics } from '../../src/config/diagnostics.ts';
import { readSource } from '../../src/config/source/read-source.ts';
import { formatSize } from '../../src/config/units.ts';
import { budgetsOf } from '../config-budgets.ts';
import { type LoadPlan, MOST_PER_SECOND, type Pace } from '../load/workload.ts';
import { type WrittenWorkload, writeWorkload } from '../workload-of-recording.ts';
import { benchConfig, originsFor } from './bench-config.ts';
import { type Experiment, freePorts, type LoadChoice, USUAL_LOAD } from './experiment.ts';

export interface RecordingRun {
  readonly config: string;
  readonly recording: string;
  /** JSON file: pseudonyms, and what is sent in their place. Null: pseudonyms are sent. */
  readonly secrets: string | null;
  /** Requests go to the endpoints of the config, which answer as they do. */
  readonly keepsOrigins: boolean;
  readonly acceptors: number;
  /** Longer answers are cut to this; infinite: none are. */
  readonly mostAnswerBytes: number;
  /** The whole recording, once and without a warm-up. */
  readonly isWhole: boolean;
  readonly choice: LoadChoice;
}

/** A config, a recording or a file of secrets that cannot be used; the message says where and why, in lines for people. */
export class BenchInputError extends Error {
  override readonly name = 'BenchInputError';
}

/**
 * @param folder empty
 * @throws BenchInputError, and RecordingError when the recording cannot be read
 */
export async function prepareRecording(run: RecordingRun, folder: string): Promise<Experiment> {
  const { gateway, loaded } = open(run.config);
  const { config } = loaded;
  const ports = await freePorts(1 + config.listeners.length + originsFor(config));
  const [adminPort, ...others] = ports;
  const listenerPorts = others.slice(0, config.listeners.length);
  const originPorts = run.keepsOrigins ? [] : others.slice(config.listeners.length);
  const place = { folder, listenerPorts, adminPort: adminPort!, acceptors: run.acceptors };
  const moved = benchConfig(loaded, { ...place, originPorts: run.keepsOrigins ? null : originPorts });
  const configFile = join(folder, 'penstock.json');
  writeFileSync(configFile, moved.text);
  const load = { ...USUAL_LOAD, ...run.choice };
  const file = join(folder, 'workload.ndjson');
  const secrets = run.secrets === null ? new Map<string, string>() : readSecrets(run.secrets);
  const written = await writeWorkload({
    ...{ recording: run.recording, gateway, listener: moved.listener.name, secrets, file },
    mostAnswerBytes: run.mostAnswerBytes,
    most: run.isWhole ? EVERYTHING : wantedOf(load),
  });
  refusePace(written, load.pace);
  const { tls, port } = moved.listener;
  const length = run.isWhole ? { warmUpMs: 0, measureMs: lengthOf(written, load.pace) } : {};
  return {
    name: nameOf(run.recording),
    purpose: `What ${shown(run.recording)} costs with ${shown(run.config)}, and whether its budgets are kept.`,
    folder,
    configFile,
    acceptors: run.acceptors,
    adminPort: adminPort!,
    originPorts,
    plan: { ...load, ...length, tls, workload: file, host: '127.0.0.1', port },
    during: null,
    // A closed loop says nothing of latency: whoever waits asks less.
    budgets: load.pace.kind === 'closed' ? [] : budgetsOf(loaded),
    about: {
      config: { file: shown(run.config), digest: configDigest(run.config) },
      recording: { file: shown(run.recording), digest: await fileDigest(run.recording) },
    },
    notes: [...moved.notes, ...notesOn(written, run.mostAnswerBytes)],
  };
}

const EVERYTHING = { requests: Number.POSITIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

function open(config: string): OpenedGateway {
  const { opened, diagnostics } = openGateway(config, process.env, Date.now());
  if (opened === null) throw new BenchInputError(formatDiagnostics(diagnostics).trimEnd());
  return opened;
}

/** As much of the recording as a run can use; a closed loop begins anew where it ends. */
function wantedOf({ pace, warmUpMs, measureMs }: Pick<LoadPlan, 'pace' | 'warmUpMs' | 'measureMs'>): typeof EVERYTHING {
  const lengthMs = warmUpMs + measureMs;
  if (pace.kind === 'recorded') return { ...EVERYTHING, untilMs: lengthMs * pace.speed };
  const requests = pace.kind === 'rate' ? Math.ceil((lengthMs * pace.perSecond) / 1_000) : MOST_IN_CLOSED_LOOP;
  return { ...EVERYTHING, requests };
}

const MOST_IN_CLOSED_LOOP = 20_000;

/** @throws BenchInputError where requests cannot leave as they were recorded */
function refusePace({ requests, lengthMs }: WrittenWorkload, pace: Pace): void {
  if (pace.kind !== 'recorded') return;
  if (lengthMs === 0) throw new BenchInputError('all of the recording is due at once, expected a --rate for it');
  const perSecond = Math.round((requests * pace.speed * 1_000) / lengthMs);
  if (perSecond <= MOST_PER_SECOND) return;
  throw new BenchInputError(
    `at ${pace.speed} times its speed the recording is ${perSecond}/s, expected ${MOST_PER_SECOND}/s at most`,
  );
}

/** How long it takes to send each request once: until halfway from the last of them to when it would begin anew. */
function lengthOf({ requests, lengthMs }: WrittenWorkload, pace: Pace): number {
  if (pace.kind === 'recorded') return (lengthMs + lengthMs / Math.max(1, requests - 1) / 2) / pace.speed;
  if (pace.kind === 'rate') return ((requests - 0.5) * 1_000) / pace.perSecond;
  throw new BenchInputError('a closed loop has no end of its own, expected a --duration');
}

function notesOn({ leftOut, badLines, shortened, requests }: WrittenWorkload, mostBytes: number): string[] {
  const reasons = [...leftOut].map(
    ([reason, count]) => `${count} exchanges of the recording were left out: ${reason}.`,
  );
  if (badLines > 0) reasons.push(`${badLines} lines of the recording are no exchanges.`);
  if (shortened > 0) reasons.push(`${shortened} of ${requests} answers were cut to ${formatSize(mostBytes)}.`);
  return reasons;
}

/** @throws BenchInputError that shows nothing of what the file holds */
function readSecrets(file: string): Map<string, string> {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
    const isUsable = entries?.every(([pseudonym, secret]) => pseudonym !== '' && isSendable(secret)) ?? false;
    if (isUsable) return new Map(entries as [string, string][]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new BenchInputError(`${file}: cannot be read (${code})`);
  }
  throw new BenchInputError(`${file}: expected a JSON object of texts: pseudonyms, and what is sent in their place`);
}

function isSendable(secret: unknown): boolean {
  return typeof secret === 'string' && !/[\0-\x08\x0a-\x1f\x7f]/.test(secret);
}

/** As the run and its report are called: `site` of `bench/recordings/site.ndjson.gz`. */
function nameOf(recording: string): string {
  const base = recording.slice(recording.lastIndexOf('/') + 1).split('.', 1)[0]!;
  return base.replace(/[^A-Za-z0-9_-]/g, '-') || 'recording';
}

/** A path as reports show it: none of other folders of the machine. */
function shown(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path.slice(path.lastIndexOf('/') + 1) : below;
}

function configDigest(path: string): string {
  const hash = createHash('sha256');
  for (const file of readSource(path).files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}
