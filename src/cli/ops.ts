/** `penstock ops`: rules, dashboards and runbooks for a config. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { CONFIG_OPTION, EXIT, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { defaultConfigPath } from './config-path.ts';
import { opsPack } from './ops/ops-pack.ts';

const USAGE = {
  command: 'ops',
  help: `Usage: penstock ops [-c FILE] --out FOLDER [--check] [--prometheus-job NAME]

Makes what a team needs around a gateway, from its config: recording and alert rules for Prometheus, three dashboards for Grafana and a
runbook for each kind of trouble (docs/ops-pack.md). What stands in files of the same names is replaced.

  -c, --config FILE           a YAML or JSON file, or a directory of them
                              (penstock.yaml or config/penstock.yaml without it)
      --out FOLDER            where it goes
      --check                 write nothing, say whether what is there is up to date
      --prometheus-job NAME   the job that Prometheus scrapes the gateways as (penstock without it)
  -h, --help                  this text

Exit code: 0 written or up to date, 1 the config cannot be used or files are not up to date, 2 wrong use.

Example:
  penstock ops -c config/penstock.yaml --out ops
`,
  options: {
    ...CONFIG_OPTION,
    out: { type: 'string' },
    check: { type: 'boolean', default: false },
    'prometheus-job': { type: 'string', default: 'penstock' },
  },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function ops(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { config = defaultConfigPath(), out: folder, check, 'prometheus-job': job } = parsed.values;
  if (folder === undefined) return refuseUse(USAGE, '--out is missing', output);
  if (!/^[\x21-\x7e]+$/.test(job)) return refuseUse(USAGE, '--prometheus-job is not a name', output);
  const { loaded, diagnostics } = loadConfig(config);
  output.error(formatDiagnostics(diagnostics));
  if (loaded === null) return EXIT.NO;
  const pack = opsPack(loaded.config, { job });
  try {
    return check ? report(staleOf(pack, folder), folder, output) : write(pack, folder, output);
  } catch (error) {
    output.error(`penstock ops: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

function write(pack: ReadonlyMap<string, string>, folder: string, output: CommandOutput): number {
  for (const [path, text] of pack) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  output.out(`${folder}: ${pack.size} files written\n`);
  return EXIT.OK;
}

/** Files that are missing, or that the config would make otherwise. */
function staleOf(pack: ReadonlyMap<string, string>, folder: string): string[] {
  return [...pack].flatMap(([path, text]) => (readIfThere(join(folder, path)) === text ? [] : [path]));
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function report(stale: readonly string[], folder: string, output: CommandOutput): number {
  for (const path of stale) output.error(`${join(folder, path)}: not up to date\n`);
  if (stale.length > 0) return EXIT.NO;
  output.out(`${folder}: up to date\n`);
  return EXIT.OK;
}
