/** `trend.svg`: what the default run has cost over time, light or dark as the reader's page is. */
import { scaleLinear, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';
import { type Markup, markup } from './markup.ts';

export interface TrendPoint {
  /** ISO 8601. */
  readonly date: string;
  readonly commit: string;
  /** Null: not measured. */
  readonly cpuMicros: number | null;
  /** Milliseconds. */
  readonly p99: number | null;
}

interface Panel {
  readonly title: string;
  readonly look: string;
  readonly digits: number;
  readonly value: (point: TrendPoint) => number | null;
}

const PANELS: readonly Panel[] = [
  { title: 'CPU a request, µs', look: 'cpu', digits: 1, value: ({ cpuMicros }) => cpuMicros },
  { title: 'p99, ms', look: 'p99', digits: 2, value: ({ p99 }) => p99 },
];
const WIDTH = 760;
const PANEL_HEIGHT = 150;
const MARGIN = { top: 36, right: 64, bottom: 26, left: 54 };
const MOST_DATES = 8;

/** With a ground of its own, since a page may be dark in a browser that asks for light. */
const STYLE = markup`
svg{--ink:#1d2025;--soft:#59606b;--rule:#dfe1dd;--ground:#fbfbf9;--cpu:#0067a5;--p99:#bf4a00}
@media (prefers-color-scheme:dark){svg{--ink:#e9eaec;--soft:#a4abb6;--rule:#3a3f48;--ground:#16181d;--cpu:#5ab1f0;--p99:#ff9650}}
text{font:12px system-ui,-apple-system,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.title{font-weight:600;fill:var(--ink)}.last{font-weight:600;fill:var(--ink)}
.ground{fill:var(--ground)}.grid{stroke:var(--rule);fill:none}
.cpu{--c:var(--cpu)}.p99{--c:var(--p99)}.curve{stroke:var(--c);stroke-width:2;fill:none}circle{fill:var(--c)}`;

/** @param points the oldest first; one panel stands for each figure, both from 0 */
export function trendSvg(points: readonly TrendPoint[]): string {
  const height = PANELS.length * PANEL_HEIGHT;
  const name = `CPU a request and p99 of the default run, ${points.length} reports`;
  return `${markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${name}">
<title>${name}</title><style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>
${PANELS.map((panel, index) => markup`<g transform="translate(0 ${index * PANEL_HEIGHT})">${drawPanel(panel, points)}</g>\n`)}</svg>`}\n`;
}

function drawPanel({ title, look, digits, value }: Panel, points: readonly TrendPoint[]): Markup {
  const known = points.flatMap((point, index) => {
    const figure = value(point);
    return figure === null ? [] : [{ point, index, figure }];
  });
  const x = scalePoint(
    points.map((_, index) => index),
    [MARGIN.left + 10, WIDTH - MARGIN.right],
  ).padding(points.length === 1 ? 0.5 : 0);
  const most = Math.max(0.001, ...known.map(({ figure }) => figure));
  const y = scaleLinear([0, most], [PANEL_HEIGHT - MARGIN.bottom, MARGIN.top]).nice(3);
  const path = line<(typeof known)[number]>(
    ({ index }) => x(index)!,
    ({ figure }) => y(figure),
  );
  const grid = y.ticks(3).map(
    (tick) => markup`<path class="grid" d="M${MARGIN.left} ${y(tick)}H${WIDTH - MARGIN.right + 8}"/>
<text x="${MARGIN.left - 8}" y="${y(tick) + 4}" text-anchor="end">${String(tick)}</text>`,
  );
  const every = Math.ceil(points.length / MOST_DATES);
  const dates = points.map(({ date }, index) =>
    (points.length - 1 - index) % every === 0
      ? markup`<text x="${x(index)!}" y="${PANEL_HEIGHT - 8}" text-anchor="middle">${date.slice(5, 10)}</text>`
      : null,
  );
  const last = known.at(-1);
  return markup`<text class="title" x="16" y="22">${title}</text>${grid}${dates}<g class="${look}"><path class="curve" d="${path(known)}"/>
${known.map(({ point, index, figure }) => markup`<circle cx="${x(index)!}" cy="${y(figure)}" r="3.5"><title>${point.date.slice(0, 10)}, ${point.commit}: ${figure.toFixed(digits)}</title></circle>`)}</g>
${last === undefined ? null : markup`<text class="last" x="${x(last.index)! + 12}" y="${y(last.figure) + 4}">${last.figure.toFixed(digits)}</text>`}`;
}
