/** Ratios of all scenarios in one drawing: a row a scenario, a mark a gateway at its median, a bar as far as the rounds ranged. */
import { scaleLog } from 'd3-scale';
import { logSteps, lookOf } from '../report/charts/frame.ts';
import { type Markup, markup } from '../report/markup.ts';
import { spread } from '../statistics.ts';
import type { Figure, GatewaySummary, ScenarioSummary } from './summary.ts';

const LINE_HEIGHT = 17;
const ROW_GAP = 34;
const TOP = 34;
const RIGHT = 56;
/** A label of the axis takes about this much of it. */
const LABEL_WIDTH = 36;
const SMALLEST = 0.5;
const LARGEST = 2;

/** @param figure of a gateway: which of its figures is drawn. The gateways stand in the order of `names`, each with its colour */
export function ratioChart(
  title: string,
  scenarios: readonly ScenarioSummary[],
  names: readonly string[],
  figure: (gateway: GatewaySummary) => Figure,
): Markup {
  const rows = scenarios.map(({ name, gateways }) => ({
    name,
    marks: gateways.slice(1).flatMap((gateway) => {
      const { ratios } = figure(gateway);
      return ratios.length === 0 ? [] : [{ gateway: gateway.name, ...spread(ratios) }];
    }),
  }));
  const all = rows.flatMap(({ marks }) => marks.flatMap(({ min, max }) => [min, max]));
  const domain = [Math.min(SMALLEST, ...all), Math.max(LARGEST, ...all)] as const;
  const draw = (kind: string, width: number, labelWidth: number): Markup => {
    const x = scaleLog(domain, [labelWidth, width - RIGHT]);
    const tops = rows.map((_, at) =>
      rows.slice(0, at).reduce((sum, { marks }) => sum + marks.length * LINE_HEIGHT + ROW_GAP, TOP),
    );
    const last = rows.at(-1);
    const height = (tops.at(-1) ?? 0) + (last?.marks.length ?? 0) * LINE_HEIGHT + ROW_GAP + 24;
    const steps = logSteps(domain[0], domain[1]);
    const labelled = spaced(steps, x);
    const grid = steps.map(
      (value) => markup`<path class="${value === 1 ? 'base' : 'grid'}" d="M${x(value)} 14V${height - 24}"/>
${labelled.has(value) ? markup`<text x="${x(value)}" y="${height - 8}" text-anchor="middle">${String(Number(value.toPrecision(3)))}×</text>` : null}`,
    );
    const drawn = rows.map(({ name, marks }, at) => {
      const top = tops[at]!;
      return markup`<text class="bar-label" x="4" y="${top - 4}">${name}</text>${marks.map((mark, line) => {
        const y = top + 12 + line * LINE_HEIGHT;
        const text = `${mark.median.toFixed(2)}×`;
        return markup`<g class="${lookOf(names.indexOf(mark.gateway))}"><text x="12" y="${y + 4}">${mark.gateway}</text>
<path class="curve" d="M${x(mark.min)} ${y}H${x(mark.max)}"/><circle cx="${x(mark.median)}" cy="${y}" r="5"><title>${name}, ${mark.gateway}: ${text}</title></circle>
<text x="${width - 4}" y="${y + 4}" text-anchor="end">${text}</text></g>`;
      })}`;
    });
    return markup`<svg class="${kind}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${grid}${drawn}</svg>\n`;
  };
  return markup`<figure>${draw('wide', 840, 110)}${draw('narrow', 340, 80)}</figure>`;
}

/** Those whose labels touch no other, beginning with that of 1. */
function spaced(steps: readonly number[], x: (value: number) => number): Set<number> {
  const kept = new Set<number>();
  const fromOne = steps.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)));
  for (const step of fromOne)
    if ([...kept].every((other) => Math.abs(x(other) - x(step)) >= LABEL_WIDTH)) kept.add(step);
  return kept;
}
