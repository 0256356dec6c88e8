/**
 * What all charts share: size, axes, grid and legend. Every chart is drawn twice, for a wide page and for a phone, and the style
 * sheet shows one of the two: text that shrinks with its drawing cannot be read on a phone.
 */
import { type Markup, markup, type Part } from '../markup.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Tick {
  /** Along its axis, in pixels. */
  readonly at: number;
  readonly label: string;
}

export interface Axes {
  readonly size: Size;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

export interface LegendEntry {
  /** Class of the curve: colour and dashes. */
  readonly look: string;
  readonly label: string;
}

const WIDE: Size = { width: 840, height: 330 };
const NARROW: Size = { width: 340, height: 280 };
/** Room for the labels of the ticks and the titles of the axes. */
export const MARGIN = { top: 26, right: 22, bottom: 46, left: 58 };
/** A label of an axis takes about this much of it. */
const X_LABEL_WIDTH = 42;

/** Looks there are before they begin anew: that many colours, each with dashes of its own. */
export const LOOKS = 8;
export const lookOf = (index: number): string => `look-${index % LOOKS}`;

export const xRange = ({ width }: Size): [number, number] => [MARGIN.left, width - MARGIN.right];
export const yRange = ({ height }: Size): [number, number] => [height - MARGIN.bottom, MARGIN.top];

/** @param name what it shows, for those who do not see it; `draw` gives what stands in an `svg` of the size */
export function chart(
  name: string,
  legend: readonly LegendEntry[],
  draw: (size: Size) => Part,
  caption?: string,
): Markup {
  const drawing = (kind: string, size: Size): Markup =>
    markup`<svg class="${kind}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${name}">${draw(size)}</svg>`;
  return markup`<figure>${legend.length > 1 ? legendList(legend) : null}
${drawing('wide', WIDE)}
${drawing('narrow', NARROW)}
${caption === undefined ? null : markup`<figcaption>${caption}</figcaption>`}</figure>\n`;
}

function legendList(entries: readonly LegendEntry[]): Markup {
  const item = ({ look, label }: LegendEntry): Markup =>
    markup`<li><svg viewBox="0 0 28 10" aria-hidden="true"><path class="curve ${look}" d="M1 5H27"/></svg>${label}</li>`;
  return markup`<ul class="legend">${entries.map(item)}</ul>`;
}

export function axes({ size, xTitle, yTitle, xTicks, yTicks }: Axes): Markup {
  const [left, right] = xRange(size);
  const [bottom, top] = yRange(size);
  return markup`<g class="axes">
${yTicks.map(({ at, label }) => markup`<path class="grid" d="M${left} ${at}H${right}"/><text x="${left - 8}" y="${at + 4}" text-anchor="end">${label}</text>`)}
${spaced(xTicks).map(({ at, label }) => markup`<path class="grid" d="M${at} ${top}V${bottom + 5}"/><text x="${at}" y="${bottom + 19}" text-anchor="middle">${label}</text>`)}
<path class="base" d="M${left} ${bottom}H${right}"/>
<text class="title" x="${right}" y="${size.height - 6}" text-anchor="end">${xTitle}</text>
<text class="title" x="2" y="12">${yTitle}</text></g>\n`;
}

/** Leaves out ticks whose labels would touch the one before. */
function spaced(ticks: readonly Tick[]): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    if (before === undefined || tick.at - before.at >= X_LABEL_WIDTH) kept.push(tick);
  }
  return kept;
}

/** 1, 2, 5, 10, 20, ... between two values; only powers of ten where that would be more than eight. */
export function logSteps(min: number, max: number): number[] {
  const steps: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10) {
    steps.push(power, 2 * power, 5 * power);
  }
  const inside = steps.filter((value) => value >= min && value <= max);
  return inside.length <= 8
    ? inside
    : inside.filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6));
}

const NICE = [1, 2, 5, 10];
/** Powers of ten are not exact below 1. */
const TOLERANCE = 1e-9;

/** The domain of a log axis that these values fit into, from one of 1, 2, 5 to another; at least a factor of ten. */
export function logDomain(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0);
  const from = positive.length === 0 ? 1 : niceBelow(Math.min(...positive));
  return [from, niceAbove(Math.max(...positive, from * 10))];
}

function niceBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * NICE.findLast((step) => step * power <= value * (1 + TOLERANCE))!;
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * NICE.find((step) => step * power >= value * (1 - TOLERANCE))!;
}
