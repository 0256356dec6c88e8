/** Members of JSON that somebody else wrote: of the type that is asked for, or what stands in for them. */

export type JsonObject = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null for text that is no JSON object. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

export const objectOr = (value: unknown): JsonObject => (isRecord(value) ? value : {});
export const arrayOr = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const stringOr = <Else>(value: unknown, otherwise: Else): string | Else =>
  typeof value === 'string' ? value : otherwise;
export const numberOr = <Else>(value: unknown, otherwise: Else): number | Else =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
export const countOr = <Else>(value: unknown, otherwise: Else): number | Else =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : otherwise;
/** A status of HTTP, or 0. */
export const statusOr = <Else>(value: unknown, otherwise: Else): number | Else =>
  value === 0 || (Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999)
    ? (value as number)
    : otherwise;
