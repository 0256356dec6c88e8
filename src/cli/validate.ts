/** `penstock validate`: is this config usable, and if not, where and why. */
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadAndCompile } from '../config/load-and-compile.ts';
import { formatSize } from '../config/units.ts';
import type { CompileReply } from '../offload/protocol.ts';
import { CONFIG_OPTION, EXIT, JSON_OPTION, readCommandLine, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { defaultConfigPath } from './config-path.ts';

const USAGE = {
  command: 'validate',
  help: `Usage: penstock validate [-c FILE] [--strict] [--json]

Checks a config: its syntax, references, values, names and routes, and that it fits the memory it asks for.
Prints every fault with its place, and warns of what is legal and most likely not meant (docs/lints.md).
Publishes nothing, and needs no running gateway.

  -c, --config FILE  a YAML or JSON file, or a directory of them
                     (penstock.yaml or config/penstock.yaml without it)
      --strict       take warnings for errors
      --json         one JSON document in place of text
  -h, --help         this text

Exit code: 0 usable, 1 not usable, 2 wrong use.

Example:
  penstock validate -c config/examples/retailer.yaml
`,
  options: { ...CONFIG_OPTION, ...JSON_OPTION, strict: { type: 'boolean', default: false } },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function validate(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { values: options } = parsed;
  const path = options.config ?? defaultConfigPath();
  const judged = loadAndCompile({
    path,
    environment: process.env,
    series: null,
    endpointRows: null,
    roomBytes: null,
    lint: true,
  });
  const reply = options.strict ? withoutPardon(judged) : judged;
  if (options.json) output.out(`${JSON.stringify(toJson(path, reply), null, 2)}\n`);
  else printText(path, reply, output);
  return reply.ok ? EXIT.OK : EXIT.NO;
}

/** The same with warnings as errors. */
function withoutPardon(reply: CompileReply): CompileReply {
  if (reply.diagnostics.length === 0) return reply;
  const diagnostics = reply.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'error' as const }));
  return { ok: false, diagnostics, files: reply.files, inputs: reply.inputs };
}

function printText(path: string, reply: CompileReply, output: CommandOutput): void {
  output.error(formatDiagnostics(reply.diagnostics));
  if (reply.ok) {
    const { listeners, upstreams } = reply.globals;
    const counts = [
      count(reply.routes, 'route'),
      count(upstreams.length, 'upstream'),
      count(listeners.length, 'listener'),
    ];
    const room = `${formatSize(Math.ceil(reply.image.byteLength / 1024) * 1024)} of ${formatSize(reply.settings.runtime.memory.config)}`;
    const warnings = reply.diagnostics.length === 0 ? '' : `, ${count(reply.diagnostics.length, 'warning')}`;
    output.out(`${path}: ok, ${counts.join(', ')}, ${room} of config memory${warnings}\n`);
  } else {
    const errors = reply.diagnostics.filter(({ severity }) => severity === 'error').length;
    output.error(`${path}: not usable, ${count(errors, 'error')}\n`);
  }
}

function toJson(path: string, reply: CompileReply): object {
  const { ok, diagnostics, files } = reply;
  if (!reply.ok) return { file: path, ok, files, diagnostics };
  const summary = {
    routes: reply.routes,
    upstreams: reply.globals.upstreams.length,
    listeners: reply.globals.listeners.length,
    configBytes: reply.image.byteLength,
  };
  return { file: path, ok, files, ...summary, diagnostics };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
