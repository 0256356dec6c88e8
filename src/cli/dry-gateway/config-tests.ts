/** Runs the `tests` of a config: each with counters that begin empty, and what it got beside what was expected. */
import { type ConfigPath, formatPlace } from '../../config/diagnostics.ts';
import type { ConfigTest } from '../../config/schema/schema.ts';
import { DecisionTrace } from './decision-trace.ts';
import { type DescribedRequest, whyNotSendable } from './described-request.ts';
import type { DryExchange } from './dry-exchange.ts';
import type { DryGateway } from './dry-gateway.ts';
import { type Explanation, explainExchange } from './explanation.ts';
import { Masking } from './masking.ts';
import type { OpenedGateway } from './open-gateway.ts';
import { outgoingRequest, pairsOf } from './outgoing-request.ts';

/** One thing that was expected and is not so. */
export interface Failure {
  /** `expect.route`, `expect.headers.x-team`. */
  readonly expectation: string;
  /** `file:line:column` of the expectation. */
  readonly source: string;
  readonly expected: string;
  readonly got: string;
}

export interface TestResult {
  readonly name: string;
  /** `file:line:column` of the test. */
  readonly source: string;
  readonly ok: boolean;
  readonly failures: readonly Failure[];
  /** Null for a test that passed. */
  readonly explanation: Explanation | null;
}

export async function runConfigTests({ gateway, loaded }: OpenedGateway): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const [index, test] of loaded.config.tests.entries()) {
    const place = (path: ConfigPath): string => formatPlace(loaded.source.locate(['tests', index, ...path]));
    results.push(await runTest(gateway, test, place));
  }
  return results;
}

async function runTest(
  gateway: DryGateway,
  test: ConfigTest,
  place: (path: ConfigPath) => string,
): Promise<TestResult> {
  const request = toRequest(test);
  const name = test.name ?? `${request.method} ${new Masking().target(request.url)}`;
  const source = place([]);
  const problem = whyNotSendable(request);
  if (problem !== null) {
    const failure = { expectation: 'request', source: place(['request']), expected: 'a request', got: problem };
    return { name, source, ok: false, failures: [failure], explanation: null };
  }
  gateway.forget();
  for (let i = 1; i < test.repeat; i++) await gateway.decide(request, null);
  const trace = new DecisionTrace();
  const exchange = await gateway.decide(request, trace);
  const failures = compare(test.expect, exchange, place);
  const ok = failures.length === 0;
  return { name, source, ok, failures, explanation: ok ? null : explainExchange(gateway, exchange, trace.steps) };
}

function toRequest({ request }: ConfigTest): DescribedRequest {
  const { method, url, headers, client, body, listener } = request;
  return {
    method,
    url,
    headers,
    client: client ?? null,
    body: Buffer.from(body, 'utf8'),
    listener: listener ?? null,
  };
}

/** What was expected and is not so, in the order of the schema. */
function compare(expect: ConfigTest['expect'], exchange: DryExchange, place: (path: ConfigPath) => string): Failure[] {
  const failures: Failure[] = [];
  const outcome = exchange.outcome!;
  const outgoing = outcome.kind === 'forward' ? outgoingRequest(exchange) : null;
  const check = (path: readonly string[], expected: unknown, got: unknown, mask = false): void => {
    if (expected === undefined || expected === got) return;
    const shown = (value: unknown): string =>
      mask && value !== null ? new Masking().header(path.at(-1)!, show(value)) : show(value);
    const expectation = `expect.${path.join('.')}`;
    failures.push({ expectation, source: place(['expect', ...path]), expected: shown(expected), got: shown(got) });
  };
  check(['route'], expect.route, exchange.route?.name ?? null);
  check(['consumer'], expect.consumer, exchange.decision?.consumer?.name ?? null);
  check(['outcome'], expect.outcome, outcome.kind);
  check(['status'], expect.status, outcome.kind === 'forward' ? null : outcome.status);
  check(['code'], expect.code, 'code' in outcome ? outcome.code : null);
  check(['upstream'], expect.upstream, outcome.kind === 'forward' ? outcome.upstream.name : null);
  check(['path'], expect.path, outgoing?.target ?? null);
  const sent: Pairs = outgoing === null ? [] : [['host', outgoing.host], ...outgoing.headers];
  for (const [name, value] of expect.headers ?? []) check(['headers', name], value, joinedOf(sent, name), true);
  const returned: Pairs = pairsOf(responseHeadersOf(exchange));
  for (const [name, value] of expect.responseHeaders ?? [])
    check(['responseHeaders', name], value, joinedOf(returned, name), true);
  return failures;
}

type Pairs = readonly (readonly [name: string, value: string])[];

function responseHeadersOf({ outcome, decision }: DryExchange): readonly string[] {
  if (outcome!.kind === 'forward') return decision?.responseHeaderChanges?.added ?? [];
  return outcome!.headers;
}

/** All lines of a name joined by `, `; null: there is none. */
function joinedOf(pairs: Pairs, name: string): string | null {
  const values = pairs.filter(([given]) => given === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(', ');
}

function show(value: unknown): string {
  return value === null ? 'none' : String(value);
}
