import { formatDuration } from '../../config/units.ts';
import type { ExplainedForward, ExplainedOutcome, ExplainedPolicy, Explanation } from './explanation.ts';

/** The document as text for people, each line ended. */
export function explanationPage(explanation: Explanation): string {
  const { route, outcome, assumptions } = explanation;
  const lines = [
    ...requestLines(explanation),
    '',
    route === null ? 'route     none' : `route     ${route.name}  ${route.path}  (${route.source})`,
    ...loserLines(explanation),
    ...policyLines(explanation),
    '',
    ...outcomeLines(outcome),
    ...assumptions.map((assumption) => `assumed   ${assumption}`),
  ];
  return `${lines.join('\n')}\n`;
}

function requestLines({ request }: Explanation): string[] {
  const { method, scheme, host, path, query, listener, clientIp, peer, rawPath, headers, bodyBytes } = request;
  const url = path === '' ? rawPath : `${scheme}://${host}${path}${query === null ? '' : `?${query}`}`;
  const from = clientIp === '' ? 'a unix socket' : clientIp;
  const lines = [
    `request   ${method} ${url}`,
    `          at listener ${listener}, from ${from}${peer === clientIp ? '' : ` (through ${peer || 'a unix socket'})`}`,
  ];
  if (path !== '' && path !== rawPath) lines.push(`          path as sent: ${rawPath}`);
  for (const [name, value] of headers) lines.push(`          ${name}: ${value}`);
  if (bodyBytes > 0) lines.push(`          body of ${bodyBytes} bytes`);
  return lines;
}

function loserLines({ losers, moreLosers }: Explanation): string[] {
  const lines = losers.map(({ name, path, source, why }) => `  not     ${name}  ${path}  (${source}): ${why}`);
  return moreLosers === 0 ? lines : [...lines, `  and ${moreLosers} more whose path fits`];
}

const VERDICTS = {
  pass: 'pass',
  refuse: 'refuse',
  answer: 'answer',
  wait: 'wait',
  fault: 'fault',
  'not-asked': '-',
  response: '-',
} as const satisfies Record<ExplainedPolicy['verdict'], string>;

function policyLines({ route, policies, consumer, claims }: Explanation): string[] {
  if (route === null) return [];
  if (policies.length === 0) return ['', 'policies  none'];
  const rows = policies.flatMap(({ policy, phase, source, stage, verdict, notes }) => {
    const about = verdict === 'not-asked' ? 'not asked' : verdict === 'response' ? 'asked about the response' : '';
    const on = stage === 'response' ? ' on the response' : '';
    const row = `  ${VERDICTS[verdict].padEnd(6)}  ${policy}${on}  ${phase}  (${source})`;
    return [`${row}${about === '' ? '' : `: ${about}`}`, ...notes.map((note) => `            ${note}`)];
  });
  const identity = consumer === null ? [] : [`consumer  ${consumer}`];
  const named = claims.length === 0 ? [] : [`claims    ${claims.join(', ')}`];
  return ['', 'policies', ...rows, ...identity, ...named];
}

function outcomeLines({ kind, status, code, detail, responseHeaders, forward }: ExplainedOutcome): string[] {
  const headers = responseHeaders.map(([name, value]) => `          ${name}: ${value}`);
  if (forward !== null)
    return [...forwardLines(forward), ...(headers.length > 0 ? ['response  also has', ...headers] : [])];
  if (kind === 'answer') return [`outcome   answer ${status}, by a policy`, ...headers];
  const word = kind === 'none' ? 'no route' : 'refuse';
  return [`outcome   ${word}: ${status} ${code}`, `          ${detail}`, ...headers];
}

function forwardLines(forward: ExplainedForward): string[] {
  const { upstream, endpoints, method, target, host, headers, added, removed, bodyBytes } = forward;
  const most = 5;
  const shown = endpoints.slice(0, most).map(({ url, weight }) => (weight === 1 ? url : `${url} (weight ${weight})`));
  const more = endpoints.length > most ? ` and ${endpoints.length - most} more` : '';
  const limit = forward.timeoutMs === 0 ? 'no limit in all' : `${formatDuration(forward.timeoutMs)} in all`;
  return [
    `outcome   forward to upstream ${upstream}: ${shown.join(', ')}${more}`,
    `          ${method} ${target} HTTP/1.1`,
    `          host: ${host}`,
    ...headers.map(([name, value]) => `        ${added.includes(name) ? '+' : ' '} ${name}: ${value}`),
    ...removed.map((name) => `        - ${name}`),
    ...(bodyBytes > 0 ? [`          body of ${bodyBytes} bytes`] : []),
    `limits    ${limit}, ${formatDuration(forward.headTimeoutMs)} to the head, ${formatDuration(forward.idleTimeoutMs)} between pieces; ${forward.retries} ${forward.retries === 1 ? 'retry' : 'retries'}`,
  ];
}
