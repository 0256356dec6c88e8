/** `penstock history`: what was published, refused, tried out and rolled back. */
import type { HistoryEntry } from '../../supervisor/history/history-entry.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, JSON_OPTION, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { column, table } from '../text-table.ts';
import { askGateway, runAsking, WrongUse } from './ask-gateway.ts';

const USAGE = {
  command: 'history',
  help: `Usage: penstock history [--limit N] [--json] [-c FILE | --admin ADDRESS] [--token-file FILE]

Lists what became of a running gateway's configurations, newest first: what was published, refused, tried out and rolled back, by whom
and why. The live one is marked with *, and a - stands behind the id of a snapshot that is not kept any more.

      --limit N          how many entries (20 without it)
      --json             the gateway's own JSON document in place of a table, with the evidence of canaries
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 listed, 1 not reached, 2 wrong use.

Example:
  penstock history --admin 127.0.0.1:9901
`,
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, limit: { type: 'string', default: '20' } },
  positionals: [],
} as const satisfies Usage;

interface ListedHistory {
  readonly live: string | null;
  readonly entries: readonly (HistoryEntry & { readonly isKept: boolean })[];
}

/** Runs the command with the arguments behind its name. @returns the exit code */
export function history(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values }) => {
    if (!/^[1-9]\d{0,5}$/.test(values.limit))
      throw new WrongUse(`--limit ${values.limit} is not a number of entries, expected one such as 20`);
    const found = await askGateway<ListedHistory>(client, { get: `/history?limit=${values.limit}` });
    output.out(values.json ? `${JSON.stringify(found, null, 2)}\n` : historyPage(found));
    return EXIT.OK;
  });
}

/** A table, an entry a line. */
export function historyPage({ live, entries }: ListedHistory): string {
  // The newest of what made the live snapshot live.
  const current = entries.find(({ id, generation }) => id === live && generation !== null);
  type Entry = (typeof entries)[number];
  const columns = [
    column<Entry>('', false, (entry) => (entry === current ? '*' : '')),
    column<Entry>('#', true, ({ number }) => String(number)),
    column<Entry>('when', false, ({ at }) => `${at.slice(0, 19).replace('T', ' ')}Z`),
    column<Entry>('snapshot', false, ({ id, isKept }) => (id === null ? '' : `${id}${isKept ? '' : ' -'}`)),
    column<Entry>('label', false, ({ label }) => label?.slice(0, 12) ?? ''),
    column<Entry>('event', false, ({ event }) => event),
    column<Entry>('routes', true, ({ routes }) => (routes === null ? '' : String(routes))),
    column<Entry>('by', false, ({ cause: { kind, who } }) => who ?? kind),
    column<Entry>('why', false, whyOf),
  ];
  return `${table(columns, entries)}\n`;
}

/** Of what was refused, the first thing that is wrong. */
function whyOf({ cause, message }: HistoryEntry): string {
  const [first = ''] = (message ?? '').split('\n', 1);
  return [cause.why, first].filter((part) => part).join('; ');
}
