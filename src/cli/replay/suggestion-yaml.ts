import { lengthOf } from './limit-keys.ts';
import type { ReplayReport } from './replay-report.ts';
import type { Suggestion } from './suggest.ts';
import { counted, lasting, plural } from './wording.ts';

const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const MOST_OUTLIERS = 5;

/** Suggested limits as a section `policies` of a config: a named list for each route, with what it rests on as comments. */
export function suggestionYaml({ recording, suggestions }: ReplayReport): string {
  if (suggestions === null) return '';
  const { requests, durationMs } = recording;
  const lines = [
    `# Limits suggested by ${plural(requests, 'request')} in ${lasting(durationMs)}. Each is a quarter above the most that any key`,
    '# but the outliers sent within a window of that length: it would have refused nobody else.',
    ...(suggestions.length === 0 ? ['# No request was let through: there is nothing to go by.'] : ['policies:']),
    ...suggestions.flatMap(suggestionLines),
  ];
  return `${lines.join('\n')}\n`;
}

const KEYS = { consumer: 'consumer', ip: 'client', route: 'route' } as const;

function suggestionLines(suggestion: Suggestion): string[] {
  const { route, source, by, isRecommended, requests, keys, evidence, windows, existing } = suggestion;
  const limits = windows.map(({ requests: most, windowMs }) => `{ limit: ${most}/${lengthOf(windowMs)} }`);
  const policy = `- rateLimit: { by: ${by}, windows: [${limits.join(', ')}] }`;
  const about = `by ${by}: ${plural(requests, 'request')} of ${plural(keys, KEYS[by])}`;
  const lines = [
    ...evidence.map(({ windowMs, p50, p90, p99, max, maxKey }) => {
      const of =
        by === 'route' ? '' : `, 50% of ${KEYS[by]}s up to ${counted(p50)}, 90% ${counted(p90)}, 99% ${counted(p99)}`;
      return `most in 1 ${lengthOf(windowMs)}: ${counted(max)}${by === 'route' ? '' : ` (${comment(maxKey)})`}${of}`;
    }),
    ...outlierLines(suggestion),
  ];
  if (!isRecommended) return [...[about, ...lines].map((line) => `    #   ${line}`), `    # ${policy}`];
  const has =
    existing.length === 0
      ? []
      : [`  # It has ${plural(existing.length, 'rate limit')} already: ${existing.join(', ')}`];
  return [
    '',
    `  # route ${comment(route)} (${comment(source)}), ${about}`,
    ...has,
    ...lines.map((line) => `  #   ${line}`),
    `  ${nameOf(`limits-${route}`)}:`,
    `    ${policy}`,
  ];
}

function outlierLines({ outliers, moreOutliers }: Suggestion): string[] {
  const rest = Math.max(0, outliers.length - MOST_OUTLIERS) + moreOutliers;
  const shown = outliers.slice(0, MOST_OUTLIERS);
  return [
    ...shown.map(
      ({ key, peak, windowMs }) => `outlier: ${comment(key)} with ${counted(peak)} in 1 ${lengthOf(windowMs)}`,
    ),
    ...(rest === 0 ? [] : [`and ${plural(rest, 'more outlier')}`]),
  ];
}

function nameOf(name: string): string {
  return PLAIN.test(name) ? name : JSON.stringify(name);
}

/** Text that stays within the line of its comment. */
function comment(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\uffff]|[\u2028\u2029\x85]/g, '?');
}
