/** `penstock replay`: what a config would do with requests that were recorded. */

import { compile } from '../config/compile.ts';
import { NO_ASSIGNMENTS } from '../config/compile-upstreams.ts';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { RecordingError } from '../recording/read-recording.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { replayPage } from './replay/replay-page.ts';
import { type ReplayConfig, type ReplayWishes, replayRecording } from './replay/replay-recording.ts';
import type { ReplayReport } from './replay/replay-report.ts';
import { parseRule, type Rule } from './replay/rules/parse-rule.ts';
import { Secrets } from './replay/secrets.ts';
import { suggestionYaml } from './replay/suggestion-yaml.ts';

const DEFAULT_GROUPS = 10;

const USAGE = {
  command: 'replay',
  help: `Usage: penstock replay --recording FILE --config NEW [--against OLD] [--allow RULE]... [--suggest]
                       [--secrets FILE] [--limit-groups N] [--json]

Puts every request of a recording through the decision of a config, and of another one, and says which of them fare otherwise,
grouped by cause: refused, another route, another upstream, another request to it. Limits are tried out at the pace at which
the requests came. Nothing is sent, and no gateway needs to run.

      --recording FILE   a recording, compressed with gzip or not (docs/recordings.md)
  -c, --config NEW       the config to be tried: a YAML or JSON file, or a directory of them
      --against OLD      the config to compare with; without it, what the recording says happened
      --allow RULE       what each request that changes has to fulfil; may be given more than once:
                           'status!=401'  'route=catalog && upstream!=legacy'  'path=~/internal/*'
                         or how many may change: 'changed<=0.1%'  'refused<=10'
      --suggest          proposes rate limits for each route, with what they rest on
      --secrets FILE     JSON object of pseudonyms and the test credentials to put in their place
      --limit-groups N   groups of one cause that are shown (${DEFAULT_GROUPS} without it)
      --json             one JSON document in place of text
  -h, --help             this text

Exit code: 0 every rule holds, 1 one is broken, or config or recording cannot be used, 2 wrong use.
What a replay cannot know is said on its page, and in docs/preflight.md.

Example:
  penstock replay --recording monday.ndjson.gz -c new.yaml --against penstock.yaml --allow 'status!=401' --allow 'changed<=1%'
`,
  options: {
    ...JSON_OPTION,
    config: { type: 'string', short: 'c' },
    recording: { type: 'string' },
    against: { type: 'string' },
    allow: { type: 'string', multiple: true },
    suggest: { type: 'boolean', default: false },
    secrets: { type: 'string' },
    'limit-groups': { type: 'string' },
  },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function replay(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { recording, config: path, against: oldPath, json, suggest, secrets: secretsPath } = parsed.values;
  if (recording === undefined) return refuseUse(USAGE, '--recording is missing', output);
  if (path === undefined) return refuseUse(USAGE, '--config is missing', output);
  const mostGroups = groupsOf(parsed.values['limit-groups']);
  if (mostGroups === null) return refuseUse(USAGE, '--limit-groups is no number from 1 to 10000', output);
  const rules = rulesOf(parsed.values.allow ?? []);
  if (typeof rules === 'string') return refuseUse(USAGE, rules, output);
  let secrets: Secrets;
  try {
    secrets = secretsPath === undefined ? new Secrets(new Map()) : Secrets.read(secretsPath);
  } catch (error) {
    return refuseUse(USAGE, `--secrets: ${(error as Error).message}`, output);
  }
  const config = open(path, output);
  const against = oldPath === undefined ? null : open(oldPath, output);
  if (config === undefined || against === undefined) return EXIT.NO;
  const report = await run({ recording, config, against, rules, suggest, secrets }, output);
  if (report === null) return EXIT.NO;
  output.out(json ? `${JSON.stringify(report, null, 2)}\n` : pageOf(report, mostGroups));
  if (report.recording.requests === 0)
    output.error(`penstock replay: ${recording} has no request that can be replayed\n`);
  return report.recording.requests > 0 && !report.rules.some(({ isBroken }) => isBroken) ? EXIT.OK : EXIT.NO;
}

function pageOf(report: ReplayReport, mostGroups: number): string {
  const yaml = suggestionYaml(report);
  return printable(`${replayPage(report, mostGroups)}${yaml === '' ? '' : `\n${yaml}`}`);
}

/** Names and paths of a recording are whatever clients sent: none of it steers a terminal. */
function printable(text: string): string {
  return text.replace(/[^\n\x20-\x7e\xa0-\uffff]/g, '?');
}

/** Null when it could not be done, which has been said then. */
async function run(wishes: ReplayWishes, output: CommandOutput): Promise<ReplayReport | null> {
  try {
    return await replayRecording(wishes);
  } catch (error) {
    if (!(error instanceof RecordingError || error instanceof RangeError)) throw error;
    output.error(`penstock replay: ${error.message}\n`);
    return null;
  }
}

function groupsOf(text = String(DEFAULT_GROUPS)): number | null {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 10_000 ? number : null;
}

/** The rules, or what is wrong with the first that is none. */
function rulesOf(texts: readonly string[]): Rule[] | string {
  const rules: Rule[] = [];
  for (const text of texts) {
    try {
      rules.push(parseRule(text));
    } catch (error) {
      return `--allow ${JSON.stringify(text)}: ${(error as Error).message}`;
    }
  }
  return rules;
}

/** Undefined when it cannot be used, which has been said then. */
function open(path: string, output: CommandOutput): ReplayConfig | undefined {
  const { loaded, diagnostics } = loadConfig(path);
  if (loaded !== null) return { path, loaded, compiled: compile(loaded, NO_ASSIGNMENTS) };
  output.error(formatDiagnostics(diagnostics));
  return undefined;
}
