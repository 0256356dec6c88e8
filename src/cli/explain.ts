/** `penstock explain`: what would become of a request, and why. */
import { readFileSync } from 'node:fs';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { canonicalAddress } from '../decision/ip-address.ts';
import { CONFIG_OPTION, EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { defaultConfigPath } from './config-path.ts';
import { DecisionTrace } from './dry-gateway/decision-trace.ts';
import { type DescribedRequest, parseTarget, whyNotSendable } from './dry-gateway/described-request.ts';
import { explainExchange } from './dry-gateway/explanation.ts';
import { explanationPage } from './dry-gateway/explanation-page.ts';
import { openGateway } from './dry-gateway/open-gateway.ts';

const USAGE = {
  command: 'explain',
  help: `Usage: penstock explain [-c FILE] METHOD URL [-H 'name: value']... [--client IP] [--body TEXT|@FILE]
                        [--listener NAME] [--json]

Says what would become of a request: the route it takes and why others lost, what each policy says, and what the upstream
would be sent. Nothing is sent, and no gateway needs to run.

  METHOD URL             as sent: GET http://shop.example.com/catalog/42; a path alone is asked of host localhost
  -c, --config FILE      a YAML or JSON file, or a directory of them
                         (penstock.yaml or config/penstock.yaml without it)
  -H, --header 'N: V'    a header; may be given more than once
      --client IP        address the connection comes from (127.0.0.1 without it). X-Forwarded-For, given with -H, is
                         believed when the listener trusts that address, as it is in a running gateway
      --body TEXT|@FILE  the request body, or the file that holds it
      --listener NAME    where the request arrives (the listener that fits scheme and port without it)
      --json             one JSON document in place of text
  -h, --help             this text

Counters and caches begin empty, and keys that would be fetched are not there: what is said of limits holds for the first
request. Values of headers and query parameters that are secrets are shown as ***.

Exit code: 0 explained, 1 the config cannot be used, 2 wrong use.

Example:
  penstock explain -c config/penstock.yaml GET http://localhost:8080/catalog/42 -H 'x-version: 2'
`,
  options: {
    ...CONFIG_OPTION,
    ...JSON_OPTION,
    header: { type: 'string', short: 'H', multiple: true },
    client: { type: 'string' },
    body: { type: 'string' },
    listener: { type: 'string' },
  },
  positionals: ['METHOD', 'URL'],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function explain(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  const request = describe(positionals, values);
  if (typeof request === 'string') return refuseUse(USAGE, request, output);
  const path = values.config ?? defaultConfigPath();
  const { opened, diagnostics } = openGateway(path, process.env, Date.now());
  if (opened === null) {
    output.error(formatDiagnostics(diagnostics));
    return EXIT.NO;
  }
  const { gateway } = opened;
  if (gateway.listenerFor(request, parseTarget(request.url)!) === null)
    return refuseUse(USAGE, `no listener is named ${request.listener}`, output);
  const trace = new DecisionTrace();
  const exchange = await gateway.decide(request, trace);
  const explanation = explainExchange(gateway, exchange, trace.steps);
  output.out(values.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationPage(explanation));
  return EXIT.OK;
}

interface Given {
  readonly header?: string[] | undefined;
  readonly client?: string | undefined;
  readonly body?: string | undefined;
  readonly listener?: string | undefined;
}

/** The request, or what is wrong with its description. */
function describe([method, url]: string[], { header = [], client, body, listener }: Given): DescribedRequest | string {
  const headers: (readonly [string, string])[] = [];
  for (const line of header) {
    const colon = line.indexOf(':');
    if (colon < 1) return 'a header has no name and colon, expected -H "name: value"';
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1)]);
  }
  const peer = client === undefined ? null : canonicalAddress(client);
  if (client !== undefined && peer === null) return `--client ${client} is not an IP address`;
  let bytes: Buffer;
  try {
    bytes = body?.startsWith('@') ? readFileSync(body.slice(1)) : Buffer.from(body ?? '', 'utf8');
  } catch (error) {
    return `--body: ${(error as Error).message}`;
  }
  const request = { method: method!, url: url!, headers, client: peer, body: bytes, listener: listener ?? null };
  return whyNotSendable(request) ?? request;
}
