/** A small builder of Grafana dashboards (version 10 and later): panels in rows, their places worked out, no plugin needed. */

export interface Query {
  readonly expr: string;
  /** With `{{label}}`; left out: what Grafana makes of the labels. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What a reader should know of it. */
  readonly about?: string;
  readonly type: 'timeseries' | 'stat' | 'bargauge' | 'table' | 'heatmap';
  /** Grafana's name: `reqps`, `s`, `percentunit`, `bytes`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Colour from these values on, the first from the beginning. */
  readonly steps?: readonly (readonly [from: number, color: 'green' | 'orange' | 'red'])[];
  readonly isStacked?: boolean;
  /** Ends of the scale. */
  readonly range?: readonly [min: number, max: number];
}

export interface Row {
  readonly title: string;
  /** In the grid's units of about 30 pixels. */
  readonly height: number;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Of which metric's which label. */
  readonly values: readonly [selector: string, label: string];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
  /** How far back it looks at first. */
  readonly from: string;
}

const GRID_COLUMNS = 24;
const SCHEMA_VERSION = 38;
const DATASOURCE = { type: 'prometheus', uid: '$' + '{datasource}' } as const;

/** The dashboard as Grafana imports it. @param job what the variable `job` begins as */
export function renderDashboard({ uid, title, about, variables, rows, from }: Dashboard, job: string): string {
  const document = {
    uid,
    title,
    description: about,
    tags: ['penstock'],
    editable: true,
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    refresh: '30s',
    time: { from: `now-${from}`, to: 'now' },
    timezone: 'browser',
    links: [
      {
        type: 'dashboards',
        tags: ['penstock'],
        title: 'Penstock',
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    templating: { list: [datasourceVariable(), jobVariable(job), ...variables.map(renderVariable)] },
    annotations: { list: [publications()] },
    panels: place(rows),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function datasourceVariable(): object {
  return { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {}, hide: 0 };
}

function jobVariable(job: string): object {
  const current = { selected: true, text: job, value: job };
  return { ...queryVariable('job', 'Job', 'label_values(penstock_build_info, job)'), current };
}

function renderVariable({ name, label, values: [selector, of] }: Variable): object {
  const rendered = queryVariable(name, label, `label_values(${selector}, ${of})`);
  const current = { selected: true, text: ['All'], value: ['$__all'] };
  return { ...rendered, includeAll: true, multi: true, allValue: '.*', current };
}

function queryVariable(name: string, label: string, query: string): object {
  const source = { query, refId: name };
  return { name, label, type: 'query', datasource: DATASOURCE, query: source, refresh: 2, sort: 1, hide: 0 };
}

/** A line at every moment at which another configuration went live. */
function publications(): object {
  return {
    name: 'Configuration published',
    datasource: DATASOURCE,
    enable: true,
    iconColor: 'purple',
    expr: 'changes(penstock_config_published_generation{job=~"$job"}[1m]) > 0',
    titleFormat: 'configuration published',
    textFormat: '{{instance}}',
  };
}

function place(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, height, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: grid(0, y++, GRID_COLUMNS, 1),
    });
    const width = Math.floor(GRID_COLUMNS / panels.length);
    for (const [index, panel] of panels.entries())
      placed.push({ id: placed.length + 1, ...renderPanel(panel), gridPos: grid(index * width, y, width, height) });
    y += height;
  }
  return placed;
}

function grid(x: number, y: number, w: number, h: number): object {
  return { x, y, w, h };
}

function renderPanel({ title, about = '', type, unit, queries, steps, isStacked = false, range }: Panel): object {
  const isInstant = type === 'stat' || type === 'bargauge' || type === 'table';
  const custom =
    type === 'timeseries' ? { fillOpacity: isStacked ? 60 : 5, stacking: { mode: isStacked ? 'normal' : 'none' } } : {};
  const [min, max] = range ?? [];
  return {
    title,
    description: about,
    type,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend = '__auto' }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...{ instant: isInstant, range: !isInstant, format: formatOf(type) },
    })),
    fieldConfig: {
      defaults: { unit, ...(range === undefined ? {} : { min, max }), custom, thresholds: thresholdsOf(steps) },
      overrides: [],
    },
    options: optionsOf(type, steps !== undefined),
  };
}

function formatOf(type: Panel['type']): string {
  return type === 'heatmap' || type === 'table' ? type : 'time_series';
}

function thresholdsOf(steps: Panel['steps'] = [[0, 'green']]): object {
  return {
    mode: 'absolute',
    steps: steps.map(([from, color], index) => ({ value: index === 0 ? null : from, color })),
  };
}

function optionsOf(type: Panel['type'], isColored: boolean): object {
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false };
  switch (type) {
    case 'stat':
      return { reduceOptions, colorMode: isColored ? 'background' : 'value', graphMode: 'none', textMode: 'auto' };
    case 'bargauge':
      return { reduceOptions, orientation: 'horizontal', displayMode: 'basic' };
    case 'timeseries':
      return {
        legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
        tooltip: { mode: 'multi' },
      };
    case 'heatmap':
      return { calculate: false, yAxis: { unit: 's' } };
    case 'table':
      return { showHeader: true };
    default:
      return type satisfies never;
  }
}
