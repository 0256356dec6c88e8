/** `penstock test`: does a config do what its own tests say it does. */
import { formatDiagnostics } from '../config/diagnostics.ts';
import { CONFIG_OPTION, EXIT, JSON_OPTION, readCommandLine, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { defaultConfigPath } from './config-path.ts';
import { runConfigTests, type TestResult } from './dry-gateway/config-tests.ts';
import { explanationPage } from './dry-gateway/explanation-page.ts';
import { openGateway } from './dry-gateway/open-gateway.ts';

const USAGE = {
  command: 'test',
  help: `Usage: penstock test [-c FILE] [--json]

Runs the tests of a config (its section \`tests\`) through the code that decides about real requests. Nothing is sent, and no
gateway needs to run. Each test begins with empty counters and caches.

  -c, --config FILE  a YAML or JSON file, or a directory of them
                     (penstock.yaml or config/penstock.yaml without it)
      --json         one JSON document in place of text
  -h, --help         this text

Exit code: 0 every test passed, 1 one failed or the config cannot be used, 2 wrong use.

Example:
  penstock test -c config/penstock.yaml
`,
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function test(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { config, json } = parsed.values;
  const path = config ?? defaultConfigPath();
  const { opened, diagnostics } = openGateway(path, process.env, Date.now());
  if (opened === null) {
    if (json) output.out(`${JSON.stringify({ file: path, ok: false, diagnostics, tests: [] }, null, 2)}\n`);
    else output.error(formatDiagnostics(diagnostics));
    return EXIT.NO;
  }
  const results = await runConfigTests(opened);
  const failed = results.filter(({ ok }) => !ok);
  const ok = failed.length === 0;
  if (json) output.out(`${JSON.stringify({ file: path, ok, diagnostics: [], tests: results }, null, 2)}\n`);
  else printText(path, results, failed, output);
  return ok ? EXIT.OK : EXIT.NO;
}

function printText(
  path: string,
  results: readonly TestResult[],
  failed: readonly TestResult[],
  output: CommandOutput,
): void {
  for (const { name, source, failures, explanation } of failed) {
    output.out(`${source}: failed: ${name}\n`);
    for (const { source: place, expectation, expected, got } of failures)
      output.out(`  ${place}: ${expectation}: expected ${expected}, got ${got}\n`);
    if (explanation !== null)
      output.out(
        `${explanationPage(explanation)
          .trimEnd()
          .replace(/^(?=.)/gm, '    ')}\n`,
      );
    output.out('\n');
  }
  const passed = results.length - failed.length;
  const counts = results.length === 0 ? 'no tests' : `${passed} passed, ${failed.length} failed`;
  output.out(`${path}: ${counts}\n`);
}
