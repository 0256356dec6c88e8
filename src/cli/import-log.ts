/** `penstock import-log`: logs of other servers to a recording. */
import { resolve } from 'node:path';
import { Concealer } from '../recording/import/conceal.ts';
import { formatNamed, LOG_FORMATS } from '../recording/import/formats.ts';
import { LogImport, type LogSource } from '../recording/import/import-logs.ts';
import { isHost } from '../recording/import/request-line.ts';
import { newPseudonymKey, Pseudonyms } from '../recording/pseudonyms.ts';
import { SecretNames } from '../recording/secret-names.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { type ImportReport, importPage, importReport } from './import-log/import-page.ts';
import { openSources } from './import-log/open-sources.ts';
import { openRejects } from './import-log/rejects-file.ts';
import { writeImported } from './import-log/write-imported.ts';

const DEFAULT_HOST = 'localhost';
const FORMAT_LINES = LOG_FORMATS.map(({ name, summary }) => `    ${name.padEnd(14)} ${summary}`).join('\n');

const USAGE = {
  command: 'import-log',
  help: `Usage: penstock import-log FILE... --out RECORDING [--format F] [--host H] [--rejects FILE] [--json]

Makes a recording of logs, to be replayed by the bench. Several logs become one recording, in the order of their times. Files may be
compressed with gzip. Every line is imported, or rejected with a reason, and counted. Client addresses, cookies, credentials and
known secret parameters become pseudonyms.

      --out RECORDING  where the recording goes; compressed when the name ends in .gz
      --format F       of all files; found by their first lines unless it is given:
${FORMAT_LINES}
      --host H         host of requests whose log names none; ${DEFAULT_HOST} without it
      --rejects FILE   gets the rejected lines as they stand, with file, place and reason, as NDJSON
      --json           one JSON document in place of text
  -h, --help           this text

Exit code: 0 imported, with or without rejected lines; 1 nothing was imported, or a file could not be read to its end; 2 wrong use.

Example:
  penstock import-log /var/log/nginx/access.log.1.gz /var/log/nginx/access.log --host shop.example.com --out shop.ndjson.gz
`,
  options: {
    ...JSON_OPTION,
    out: { type: 'string' },
    format: { type: 'string' },
    host: { type: 'string', default: DEFAULT_HOST },
    rejects: { type: 'string' },
  },
  positionals: ['FILE'],
  repeatsLast: true,
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function importLog(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals: files } = parsed;
  const problem = whyWrongUse(files, values);
  if (problem !== null) return refuseUse(USAGE, problem, output);
  const sources = await openSources(files, values.format === undefined ? null : formatNamed(values.format));
  if (typeof sources === 'string') {
    output.error(`penstock import-log: ${sources}\n`);
    return EXIT.WRONG_USE;
  }
  try {
    const report = await run(sources, { out: values.out!, host: values.host, rejects: values.rejects ?? null });
    output.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : importPage(report));
    return report.imported > 0 && report.files.every((file) => file.problem === null) ? EXIT.OK : EXIT.NO;
  } catch (error) {
    output.error(`penstock import-log: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

interface Targets {
  readonly out: string;
  readonly host: string;
  readonly rejects: string | null;
}

/** @throws Error of the system when the recording, or the file of rejected lines, cannot be written */
async function run(sources: readonly LogSource[], { out, host, rejects }: Targets): Promise<ImportReport> {
  const concealer = new Concealer(new Pseudonyms(newPseudonymKey()), new SecretNames());
  const rejectsFile = await openRejects(rejects);
  try {
    const logs = new LogImport(sources, { host, concealer, onReject: rejectsFile.write });
    const spanMs = await writeImported(logs, sources, out);
    return importReport(logs.counts(), { out, host, rejects }, spanMs);
  } finally {
    await rejectsFile.close();
  }
}

interface Given {
  readonly out?: string | undefined;
  readonly format?: string | undefined;
  readonly host: string;
  readonly rejects?: string | undefined;
}

function whyWrongUse(files: readonly string[], { out, format, host, rejects }: Given): string | null {
  if (out === undefined) return '--out is missing';
  if (format !== undefined && formatNamed(format) === null) {
    return `--format ${format} is not known, expected ${LOG_FORMATS.map(({ name }) => name).join(', ')}`;
  }
  if (!isHost(host)) return `--host ${JSON.stringify(host)} is no host`;
  const paths = [...files, out, ...(rejects === undefined ? [] : [rejects])].map((path) => resolve(path));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  return twice === undefined ? null : `${twice} is named twice`;
}
