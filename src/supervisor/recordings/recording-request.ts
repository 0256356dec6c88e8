import type { SecretPlaces } from '../../recording/secret-names.ts';

/** What somebody wants recorded. */
export interface RecordingRequest {
  /** Null: until it is ended, or has its exchanges. */
  readonly seconds: number | null;
  readonly exchanges: number | null;
  /** Of all exchanges, above 0 and up to 1. */
  readonly share: number;
  /** Bodies up to so many bytes are recorded as text; 0: none. */
  readonly bodies: number;
  /** Places of secrets beside those that are known. */
  readonly pseudonymise: SecretPlaces;
}

/** The largest body that a recording may hold as text. */
export const MOST_BODY_BYTES = 256 * 1024;
const MOST_SECONDS = 7 * 86_400;
const MOST_NAMES = 100;

const MEMBERS = ['seconds', 'exchanges', 'share', 'bodies', 'pseudonymise'];

/**
 * Reads what `POST /recordings` is asked for.
 *
 * @returns one sentence about what is wrong with it when it is no such thing
 */
export function parseRecordingRequest(text: string): RecordingRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(text === '' ? '{}' : text);
  } catch {
    return 'The body is not JSON.';
  }
  if (!isMembers(value)) return 'The body is not a JSON object.';
  const unknown = unknownMember(value, MEMBERS);
  if (unknown !== null) return unknown;
  const { seconds = null, exchanges = null, share = 1, bodies = 0, pseudonymise = {} } = value;
  if (seconds !== null && !(isNumber(seconds) && seconds > 0 && seconds <= MOST_SECONDS))
    return `seconds is not a number above 0 and up to ${MOST_SECONDS}.`;
  if (exchanges !== null && !(Number.isSafeInteger(exchanges) && (exchanges as number) > 0))
    return 'exchanges is not a whole number above 0.';
  if (!(isNumber(share) && share > 0 && share <= 1)) return 'share is not a number above 0 and up to 1.';
  if (!(Number.isSafeInteger(bodies) && (bodies as number) >= 0 && (bodies as number) <= MOST_BODY_BYTES))
    return `bodies is not a number of bytes up to ${MOST_BODY_BYTES}.`;
  const places = placesOf(pseudonymise);
  if (typeof places === 'string') return places;
  return { seconds, exchanges: exchanges as number | null, share, bodies: bodies as number, pseudonymise: places };
}

/** Reads what `POST /recordings/stop` is asked for: the number of the recording; a text says what is wrong with it. */
export function parseRecordingNumber(text: string): number | string {
  try {
    const value: unknown = JSON.parse(text);
    if (isMembers(value) && Number.isSafeInteger(value['recording'])) return value['recording'] as number;
  } catch {
    // As if it were something else.
  }
  return 'The body is not {"recording": NUMBER}.';
}

function placesOf(value: unknown): SecretPlaces | string {
  if (!isMembers(value)) return 'pseudonymise is not a JSON object.';
  const unknown = unknownMember(value, ['headers', 'queries']);
  if (unknown !== null) return unknown;
  const { headers = [], queries = [] } = value;
  if (!areNames(headers) || !areNames(queries))
    return `headers and queries of pseudonymise are not lists of up to ${MOST_NAMES} names.`;
  return { headers, queries };
}

function unknownMember(value: Record<string, unknown>, known: readonly string[]): string | null {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  return unknown === undefined ? null : `There is no member ${JSON.stringify(unknown)}; expected ${known.join(', ')}.`;
}

function areNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_NAMES &&
    value.every((name) => typeof name === 'string' && name !== '' && name.length <= 256)
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
