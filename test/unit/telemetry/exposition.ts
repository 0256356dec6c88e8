/**
 * A strict reader of the Prometheus text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), for tests of what the gateway writes.
 */

export interface Line {
  readonly family: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[-+0-9.eE]+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/gy;
const SUFFIXES = { counter: /^$/, gauge: /^$/, histogram: /^_(bucket|sum|count)$/, summary: /^(_sum|_count)?$/ };

/**
 * @throws Error at the first line that is not as the format wants it: a sample without or outside its family, a family
 * twice, a label or value that does not parse, the same sample twice
 */
export function parseExposition(text: string): Line[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, keyof typeof SUFFIXES>();
  const seen = new Set<string>();
  const lines: Line[] = [];
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type !== null) {
      family = type[1];
      if (families.has(family)) throw new Error(`family ${family} appears twice`);
      families.set(family, type[2] as keyof typeof SUFFIXES);
      continue;
    }
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? fail(`not a sample: ${line}`);
    if (!name.startsWith(family) || !SUFFIXES[families.get(family)!].test(name.slice(family.length))) {
      fail(`${name} stands in family ${family}`);
    }
    const sample = { family, name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) };
    const key = JSON.stringify([name, Object.entries(sample.labels).sort()]);
    if (seen.has(key)) fail(`sample twice: ${line}`);
    seen.add(key);
    lines.push(sample);
  }
  return lines;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let end = 0; end < text.length; end = LABEL.lastIndex) {
    const [, name, value] = LABEL.exec(text) ?? fail(`not a list of labels: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
  }
  return labels;
}

function fail(message: string): never {
  throw new Error(message);
}
