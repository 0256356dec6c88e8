/** The course of one run, second by second. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { LoadSecond } from '../../load/workload.ts';
import { count, duration } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { axes, chart, logDomain, logSteps, type Size, type Tick, xRange, yRange } from './frame.ts';

interface Line {
  readonly label: string;
  readonly look: string;
  readonly value: (second: LoadSecond) => number | null;
}

const LATENCIES: readonly Line[] = [
  { label: 'slowest', look: 'look-max', value: ({ max }) => max },
  { label: 'p99', look: 'look-1', value: ({ p99 }) => p99 },
  { label: 'p50', look: 'look-0', value: ({ p50 }) => p50 },
];
const RATES: readonly Line[] = [
  { label: 'sent', look: 'look-sent', value: ({ sent }) => sent },
  { label: 'answered', look: 'look-2', value: ({ answered }) => answered },
  { label: 'failed', look: 'look-bad', value: ({ failed }) => failed },
];

/** @param name of the run, where there are several */
export function latencyOverTime(name: string, timeline: readonly LoadSecond[]): Markup {
  return chart(`${name}: latency in each second`, LATENCIES, (size) => {
    const values = timeline.flatMap((second) => LATENCIES.flatMap(({ value }) => value(second) ?? []));
    const [from, to] = logDomain(values);
    const y = scaleLog([from, to], yRange(size));
    const yTicks = logSteps(from, to).map((value) => ({ at: y(value), label: duration(value) }));
    return draw(size, timeline, LATENCIES, (value) => y(Math.max(from, value)), yTicks, 'latency', duration);
  });
}

export function throughputOverTime(name: string, timeline: readonly LoadSecond[]): Markup {
  return chart(`${name}: requests in each second`, RATES, (size) => {
    const most = Math.max(1, ...timeline.map(({ sent, answered }) => Math.max(sent, answered)));
    const y = scaleLinear([0, most * 1.08], yRange(size)).nice(5);
    const yTicks = y
      .ticks(5)
      .filter(Number.isInteger)
      .map((value) => ({ at: y(value), label: count(value) }));
    return draw(size, timeline, RATES, y, yTicks, 'requests a second', count);
  });
}

function draw(
  size: Size,
  timeline: readonly LoadSecond[],
  lines: readonly Line[],
  y: (value: number) => number,
  yTicks: readonly Tick[],
  yTitle: string,
  format: (value: number) => string,
): Markup {
  // A second is a stretch of time: its values stand in its middle.
  const x = scaleLinear([0, Math.max(1, timeline.length)], xRange(size));
  const [bottom, top] = yRange(size);
  const drawn = lines.map(({ value, look }) => {
    const path = line<LoadSecond>(
      ({ second }) => x(second + 0.5),
      (second) => y(value(second)!),
    ).defined((second) => value(second) !== null);
    return markup`<path class="curve ${look}" d="${path(timeline)}"/>\n`;
  });
  const hovered = timeline.map((second) => {
    const values = lines.map(
      ({ label, value }) => `${label} ${value(second) === null ? 'none' : format(value(second)!)}`,
    );
    const left = x(second.second);
    return markup`<rect class="hover" x="${left}" y="${top}" width="${x(second.second + 1) - left}" height="${bottom - top}"><title>second ${second.second + 1}: ${values.join(', ')}</title></rect>`;
  });
  const xTicks = x
    .ticks(8)
    .filter(Number.isInteger)
    .map((value) => ({ at: x(value), label: `${value} s` }));
  return markup`${axes({ size, xTitle: 'since measuring began', yTitle, xTicks, yTicks })}${drawn}${hovered}`;
}
