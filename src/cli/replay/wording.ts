/** Numbers as pages of a replay say them. */

/** `1,234`. */
export function counted(count: number): string {
  return count.toLocaleString('en');
}

/** `0.12%`: two significant digits, and never 0% for what is more. @param share 0 to 1 */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0%';
  if (value >= 99.95 && value < 100) return '99.9%';
  return value >= 10 ? `${Number(value.toFixed(1))}%` : `${Number(value.toPrecision(2))}%`;
}

/** `1 request`, `2 requests`. */
export function plural(count: number, word: string): string {
  return `${counted(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** A length of time to be read: `1 h 5 min`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([value]) => value > 0).slice(0, 2);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(' ');
}
