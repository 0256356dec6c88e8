/** How the page writes figures: short, since they stand in columns. */

export function formatMs(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 0.9995) return `${Math.round(ms * 1000)}us`;
  return ms < 999.5 ? `${short(ms)}ms` : `${short(ms / 1000)}s`;
}

/** `9999`, `12.3k`, `4.56M`. */
export function formatCount(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  return count < 999_500 ? `${short(count / 1000)}k` : `${short(count / 1e6)}M`;
}

export function formatRate(perSecond: number): string {
  return `${perSecond < 9.95 ? Number(perSecond.toFixed(1)) : formatCount(perSecond)}/s`;
}

/** A share of some requests: `-` of none, and never `0%` of what is not nothing. */
export function formatShare(part: number, all: number): string {
  if (all === 0) return '-';
  if (part === 0) return '0%';
  const percent = (part / all) * 100;
  return percent < 0.01 ? '<0.01%' : `${Number(percent.toPrecision(percent >= 99.95 ? 4 : 2))}%`;
}

export function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes <= 0) return `${Math.max(0, Math.floor(seconds))}s`;
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m`;
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** How long ago, or in how long, seen from a moment: `12m ago`, `in 4h 3m`. */
export function formatAway(iso: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return iso;
  return seconds >= 0 ? `${formatSeconds(seconds)} ago` : `in ${formatSeconds(-seconds)}`;
}

/** `2026-11-21 10:30:00Z`. */
export function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(number)} ${number === 1 ? noun : plural}`;
}

function short(number: number): string {
  return String(Number(number.toPrecision(3)));
}
