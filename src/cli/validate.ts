/** `penstock validate`: is this config usable, and if not, where and why. */
import { parseArgs } from 'node:util';
import { formatDiagnostic } from '../config/diagnostics.ts';
import { loadAndCompile } from '../config/load-and-compile.ts';
import { formatSize } from '../config/units.ts';
import type { CompileReply } from '../offload/protocol.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { EXIT } from './commands.ts';
import { defaultConfigPath } from './config-path.ts';

const HELP = `Usage: penstock validate [-c FILE] [--json]

Checks a config: its syntax, references, values, names and routes, and that it fits the memory it asks for.
Prints every fault with its place. Publishes nothing, and needs no running gateway.

  -c, --config FILE  a YAML or JSON file, or a directory of them
                     (penstock.yaml or config/penstock.yaml without it)
      --json         one JSON document in place of text
  -h, --help         this text

Exit code: 0 usable, 1 not usable, 2 wrong use.

Example:
  penstock validate -c config/examples/retailer.yaml
`;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function validate(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    output.error(`penstock validate: ${options}\n\n${HELP}`);
    return EXIT.WRONG_USE;
  }
  if (options.help) {
    output.out(HELP);
    return EXIT.OK;
  }
  const path = options.config ?? defaultConfigPath();
  const reply = loadAndCompile({ path, environment: process.env, series: null, endpointRows: null, roomBytes: null });
  if (options.json) output.out(`${JSON.stringify(toJson(path, reply), null, 2)}\n`);
  else printText(path, reply, output);
  return reply.ok ? EXIT.OK : EXIT.NO;
}

interface Options {
  readonly config?: string;
  readonly json: boolean;
  readonly help: boolean;
}

function parseOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    return (error as Error).message;
  }
}

function printText(path: string, reply: CompileReply, output: CommandOutput): void {
  for (const diagnostic of reply.diagnostics) output.error(`${formatDiagnostic(diagnostic)}\n`);
  if (reply.ok) {
    const { listeners, upstreams } = reply.globals;
    const counts = [
      count(reply.routes, 'route'),
      count(upstreams.length, 'upstream'),
      count(listeners.length, 'listener'),
    ];
    const room = `${formatSize(Math.ceil(reply.image.byteLength / 1024) * 1024)} of ${formatSize(reply.settings.runtime.memory.config)}`;
    output.out(`${path}: ok, ${counts.join(', ')}, ${room} of config memory\n`);
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
