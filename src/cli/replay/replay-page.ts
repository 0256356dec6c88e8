import type { ChangeSide } from './change.ts';
import type { ChangeGroup } from './change-groups.ts';
import { CAUSES, type Cause } from './compare.ts';
import type { ChangeExample } from './examples.ts';
import { limitLines } from './limits-page.ts';
import type { ReplayReport } from './replay-report.ts';
import type { UnknownFact } from './replayed-request.ts';
import type { RuleResult } from './rules/rule-checks.ts';
import { counted, lasting, percent, plural } from './wording.ts';

const MOST_CONSUMERS = 5;
/** Where what is said of a group begins. */
const INDENT = ' '.repeat(20);

const TITLES = {
  refused: 'now refused',
  unrouted: 'no route any more',
  admitted: 'no longer refused',
  routed: 'taken by a route now',
  refusal: 'refused otherwise',
  answer: 'answered otherwise',
  route: 'other route',
  upstream: 'other upstream',
  consumer: 'other consumer',
  rewrite: 'other request to the upstream',
} as const satisfies Record<Cause, string>;

/** The report as text for people, each line ended. @param mostGroups groups of one cause that are shown */
export function replayPage(report: ReplayReport, mostGroups: number): string {
  const { warnings, assumptions } = report;
  const lines = [
    ...headLines(report),
    ...CAUSES.flatMap((cause) => causeLines(report, cause, mostGroups)),
    ...undecidableLines(report),
    ...limitLines(report),
    ...ruleLines(report.rules),
    ...(warnings.length + assumptions.length > 0 ? [''] : []),
    ...warnings.map((warning) => `warning   ${warning}`),
    ...assumptions.map((assumption) => `assumed   ${assumption}`),
  ];
  return `${lines.join('\n')}\n`;
}

function headLines({
  recording,
  config,
  against,
  changed,
  share,
  stoodIn,
  undecidable,
  ungrouped,
}: ReplayReport): string[] {
  const { path, source, began, requests, durationMs, badLines, firstBadLines } = recording;
  const from = [source === null ? [] : [source], began === null ? [] : [`from ${began}`]].flat();
  const lines = [
    `recording ${path}: ${plural(requests, 'request')} in ${lasting(durationMs)}${from.length === 0 ? '' : ` (${from.join(', ')})`}`,
    `before    ${against ?? 'as recorded'}`,
    `after     ${config}`,
  ];
  if (badLines > 0) {
    const more = badLines - firstBadLines.length;
    lines.push(
      `rejected  ${plural(badLines, 'line')} of the recording`,
      ...firstBadLines.map(({ line, reason }) => `          ${path}:${line}: ${reason}`),
      ...(more > 0 ? [`          and ${counted(more)} more`] : []),
    );
  }
  if (stoodIn > 0) {
    const ofAll = percent(stoodIn / requests);
    lines.push(
      `stood in  for the credentials of ${plural(stoodIn, 'request')} (${ofAll}): they count as the recorded consumer's`,
    );
  }
  const open = undecidable.count === 0 ? '' : `; ${counted(undecidable.count)} cannot be decided`;
  const verb = changed === 1 ? 'changes' : 'change';
  lines.push('', `${counted(changed)} of ${plural(requests, 'request')} ${verb} (${percent(share)})${open}`);
  if (ungrouped > 0) lines.push(`${counted(ungrouped)} of them are of too many kinds to be shown`);
  return lines;
}

function causeLines({ groups, counts, recording }: ReplayReport, cause: Cause, mostGroups: number): string[] {
  const own = groups.filter((group) => group.cause === cause);
  if (own.length === 0) return [];
  const rest = own.slice(mostGroups);
  const requests = rest.reduce((sum, { count }) => sum + count, 0);
  const share = percent(counts[cause] / recording.requests);
  return [
    '',
    `${TITLES[cause]}  ${plural(counts[cause], 'request')} (${share})`,
    ...own.slice(0, mostGroups).flatMap(groupLines),
    ...(rest.length === 0 ? [] : [`  and ${plural(rest.length, 'more kind')} with ${plural(requests, 'request')}`]),
  ];
}

function groupLines(group: ChangeGroup): string[] {
  const { count, share, from, to, parts, consumers, examples } = group;
  const number = `${counted(count).padStart(9)}  ${percent(share).padStart(6)}`;
  const shown = consumers
    .slice(0, MOST_CONSUMERS)
    .map(({ name, count: of }) => `${name ?? 'nobody known'} ${counted(of)}`);
  const more = consumers.length - shown.length;
  const who = more > 0 ? `${shown.join(', ')} and ${counted(more)} more` : shown.join(', ');
  return [
    `${number}  ${routesOf(from, to)}`,
    `${INDENT}${changeOf(group)}`,
    ...(parts.length === 0 ? [] : [`${INDENT}differs in ${parts.join(', ')}`]),
    `${INDENT}of ${who}`,
    ...examples.flatMap(exampleLines),
  ];
}

function routesOf(from: ChangeSide, to: ChangeSide): string {
  const isUnknown = from.route === null && from.outcome !== 'none';
  return isUnknown || from.route === to.route
    ? `route ${routeName(to)}`
    : `route ${routeName(from)} -> ${routeName(to)}`;
}

function routeName({ route, routeSource }: ChangeSide): string {
  if (route === null) return 'none';
  return routeSource === null ? route : `${route} (${routeSource})`;
}

function changeOf({ cause, from, to }: ChangeGroup): string {
  if (cause === 'consumer') return `taken for ${from.consumer ?? 'nobody known'} -> ${to.consumer ?? 'nobody known'}`;
  const [was, is] = [outcomeOf(from), outcomeOf(to)];
  return was === is ? was : `${was} -> ${is}`;
}

function outcomeOf({ outcome, upstream, status, code, policy }: ChangeSide): string {
  const by = policy === null ? '' : ` by ${policy.policy} (${policy.source})`;
  switch (outcome) {
    case 'forward':
      return upstream === null ? `answered ${status || 'nothing'}` : `forward to ${upstream}`;
    case 'answer':
      return `answer ${status}${by}`;
    default:
      return `${status}${code === null ? '' : ` ${code}`}${by}`;
  }
}

function exampleLines({ line, method, host, path, targets }: ChangeExample): string[] {
  const request = `${INDENT}line ${line}: ${method} ${host}${path}`;
  return targets === null ? [request] : [request, `${INDENT}  ${targets[0]} -> ${targets[1]}`];
}

const UNKNOWNS = {
  claims: 'claims of a token',
  token: 'what a token must say',
  address: "a client's true address",
  body: 'a body of which only the length was kept',
  credential: 'whether a credential is good that no recorded consumer came with',
  module: 'what a policy of your own waits for',
} as const satisfies Record<UnknownFact, string>;

function undecidableLines({ undecidable: { count, alike, reasons }, recording, against }: ReplayReport): string[] {
  if (count + alike === 0) return [];
  const same =
    against === null
      ? 'are refused in any case'
      : 'meet the same policies in both configs, and are compared as if they passed';
  const lines = ['', `cannot be decided  ${plural(count, 'request')} (${percent(count / recording.requests)})`];
  for (const { fact, policy, source, count: of } of reasons)
    lines.push(`${counted(of).padStart(9)}  ${policy} (${source}) goes by ${UNKNOWNS[fact]}`);
  if (alike > 0) lines.push(`  besides, ${plural(alike, 'request')} with something unknown ${same}`);
  return lines;
}

function ruleLines(rules: readonly RuleResult[]): string[] {
  if (rules.length === 0) return [];
  return [
    '',
    'rules',
    ...rules.flatMap(({ rule, isBroken, count, examples }) => [
      `  ${isBroken ? 'BROKEN' : 'holds '}  ${rule}: ${plural(count, 'request')}`,
      ...examples.flatMap(exampleLines),
    ]),
  ];
}
