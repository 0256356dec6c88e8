/** Pieces of PromQL. */

/** A text as a label's value: names of a config hold any printable character. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The value of a matcher with `=~`: any of these texts, as they are. */
export function anyOf(texts: readonly string[]): string {
  return quoted(texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'));
}

/** A selector of one metric; empty matchers are left out. */
export function select(metric: string, ...matchers: readonly string[]): string {
  const given = matchers.filter((matcher) => matcher !== '');
  return given.length === 0 ? metric : `${metric}{${given.join(', ')}}`;
}

export function sumOfRates(by: readonly string[], selector: string, window: string): string {
  return `sum by (${by.join(', ')}) (rate(${selector}[${window}]))`;
}

/** A bucket's bound as a matcher. Prometheus 3 writes the smallest bounds with an exponent, those before it as they come. */
export function boundIs(seconds: number): string {
  if (seconds >= 1e-4) return `le="${seconds}"`;
  return `le=~${anyOf([String(seconds), seconds.toExponential().replace(/e-(\d)$/, 'e-0$1')])}`;
}

/** A share as people write it: `0.1%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

/** A plain number, without the noise of binary fractions. */
export function plain(number: number): string {
  return String(Number(number.toPrecision(9)));
}

/** A time in microseconds as people write it. */
export function formatMicros(us: number): string {
  if (us < 1000) return `${us}us`;
  return us < 1_000_000 ? `${Number((us / 1000).toPrecision(4))}ms` : `${Number((us / 1_000_000).toPrecision(4))}s`;
}
