/** One bar a series as long as the median, with a dot for each run. */
import { scaleLinear } from 'd3-scale';
import { spread } from '../../statistics.ts';
import { type Markup, markup } from '../markup.ts';

export interface Bar {
  readonly label: string;
  /** Class of its colour. */
  readonly look: string;
  /** One a run; at least one. */
  readonly values: readonly number[];
}

const ROW_HEIGHT = 46;
const VALUE_WIDTH = 92;
const MOST_CHARACTERS = 44;

const shortened = (label: string): string =>
  label.length <= MOST_CHARACTERS ? label : `${label.slice(0, MOST_CHARACTERS)}…`;

/** @param unit stands behind the median, with a blank of its own if it wants one */
export function runBars(name: string, bars: readonly Bar[], unit: string): Markup {
  const most = Math.max(...bars.flatMap(({ values }) => values));
  const draw = (kind: string, width: number): Markup => {
    const x = scaleLinear([0, most > 0 ? most : 1], [4, width - VALUE_WIDTH]);
    const rows = bars.map((bar, index) => row(bar, index, x));
    return markup`<svg class="${kind}" viewBox="0 0 ${width} ${bars.length * ROW_HEIGHT}" role="img" aria-label="${name}">${rows}</svg>\n`;
  };
  const row = ({ label, look, values }: Bar, index: number, x: (value: number) => number): Markup => {
    const { median } = spread(values);
    const top = index * ROW_HEIGHT;
    const figure = `${median.toFixed(1)}${unit}`;
    const dots = values.map(
      (value) =>
        markup`<circle class="run" cx="${x(value)}" cy="${top + 31}" r="3.5"><title>${label}: ${value.toFixed(1)}${unit}</title></circle>`,
    );
    return markup`<g class="${look}"><text class="bar-label" x="4" y="${top + 15}">${shortened(label)}</text>
<rect class="bar" x="4" y="${top + 23}" width="${x(median) - 4}" height="16" rx="2"/><path class="median" d="M${x(median)} ${top + 20}v22"/>${dots}
<text class="bar-value" x="${x(most) + 12}" y="${top + 36}">${figure}</text></g>`;
  };
  return markup`<figure>${draw('wide', 840)}${draw('narrow', 340)}</figure>`;
}
