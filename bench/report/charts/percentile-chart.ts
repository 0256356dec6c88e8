/** Latency over percentiles as HDR plots show it: each further nine takes as much room as the one before. */
import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { Histogram } from 'hdr-histogram-js';
import { duration } from '../format.ts';
import { valueAt } from '../histograms.ts';
import { type Markup, markup } from '../markup.ts';
import { axes, chart, logDomain, logSteps, lookOf, type Size, xRange, yRange } from './frame.ts';

export interface Curve {
  readonly label: string;
  /** Microseconds; not empty. */
  readonly histogram: Histogram;
  /** Instead of one by its place among the curves. */
  readonly look?: string;
}

const MARKED = [50, 90, 99, 99.9, 99.99, 99.999];
const POINTS_PER_DECADE = 16;
const MOST_DECADES = 6;

/** Of so many requests, one takes as long: 1 / (1 - quantile), from 1 to the number of samples. */
const oneOf = (percentile: number): number => 1 / (1 - percentile / 100);
const percentileOf = (rarity: number): number => 100 * (1 - 1 / rarity);

function rarities(samples: number): number[] {
  const decades = Math.min(MOST_DECADES, Math.log10(Math.max(samples, 2)));
  const steps = Math.ceil(decades * POINTS_PER_DECADE);
  return Array.from({ length: steps + 1 }, (_, index) => 10 ** ((decades * index) / steps));
}

export function percentileChart(name: string, curves: readonly Curve[], caption: string): Markup {
  const full = curves.filter(({ histogram }) => histogram.totalCount > 0);
  const legend = full.map(({ label, look }, index) => ({ label, look: look ?? lookOf(index) }));
  return chart(name, legend, (size) => draw(size, full), caption);
}

function draw(size: Size, curves: readonly Curve[]): Markup {
  const most = Math.max(100, ...curves.map(({ histogram }) => histogram.totalCount));
  const x = scaleLog([1, Math.min(most, 10 ** MOST_DECADES)], xRange(size));
  const [from, to] = logDomain(curves.flatMap(({ histogram }) => [valueAt(histogram, 0), histogram.maxValue]));
  const y = scaleLog([from, to], yRange(size));
  const path = line();
  const drawn = curves.map(({ label, histogram, look }, index) => {
    const at = (rarity: number): [number, number] => [
      x(rarity),
      y(Math.max(from, valueAt(histogram, percentileOf(rarity)))),
    ];
    const marks = MARKED.filter((percentile) => oneOf(percentile) <= histogram.totalCount);
    return markup`<g class="${look ?? lookOf(index)}"><path class="curve" d="${path(rarities(histogram.totalCount).map(at))}"/>
${marks.map((percentile) => {
  const [left, top] = at(oneOf(percentile));
  return markup`<circle cx="${left}" cy="${top}" r="3"><title>${label}, p${percentile}: ${duration(valueAt(histogram, percentile))}</title></circle>`;
})}</g>\n`;
  });
  const marked = MARKED.filter((percentile) => oneOf(percentile) <= most);
  return markup`${axes({
    size,
    xTitle: 'percentile of requests',
    yTitle: 'latency',
    xTicks: marked.map((percentile) => ({
      at: x(oneOf(percentile)),
      label: `${percentile}%`,
    })),
    yTicks: logSteps(from, to).map((value) => ({ at: y(value), label: duration(value) })),
  })}${drawn}`;
}
