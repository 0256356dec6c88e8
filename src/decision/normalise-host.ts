export function normaliseHost(h: string): string | null {
  return h.toLowerCase().replace(/:\d+$/, '') || null;
}
