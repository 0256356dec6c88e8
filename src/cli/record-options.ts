import { parseDuration, parseSize } from '../config/units.ts';
import type { RecordingRequest } from '../supervisor/recordings/recording-request.ts';
import { MOST_BODY_BYTES } from '../supervisor/recordings/recording-request.ts';

interface Given {
  readonly for?: string | undefined;
  readonly exchanges?: string | undefined;
  readonly share?: string | undefined;
  readonly bodies?: string | undefined;
  readonly pseudonymise?: readonly string[] | undefined;
}

const PERCENTAGE = /^(\d{1,3}(?:\.\d{1,6})?)%$/;
const PLACE = /^(header|query):(.+)$/;

/** What the options of `penstock record` ask the gateway for; a text says what is wrong with them. */
export function readRecordingRequest(given: Given): RecordingRequest | string {
  const { exchanges, share = '100%', bodies = '0B', pseudonymise = [] } = given;
  const time = given.for === undefined ? null : parseDuration(given.for);
  if (given.for !== undefined && !time) return `--for ${given.for} is not a time, expected one such as 30s or 5m`;
  if (exchanges !== undefined && !/^[1-9]\d{0,14}$/.test(exchanges))
    return `--exchanges ${exchanges} is not a number of exchanges, expected one such as 10000`;
  const percent = Number(PERCENTAGE.exec(share)?.[1] ?? 0);
  if (percent <= 0 || percent > 100) return `--share ${share} is not a share, expected a percentage such as 10%`;
  const bytes = parseSize(bodies);
  if (bytes === null || bytes > MOST_BODY_BYTES) return `--bodies ${bodies} is not a size up to 256KiB, such as 4KiB`;
  const wrong = pseudonymise.find((place) => !PLACE.test(place));
  if (wrong !== undefined) return `--pseudonymise ${wrong} names no place, expected header:NAME or query:NAME`;
  return {
    seconds: time === null ? null : time / 1000,
    exchanges: exchanges === undefined ? null : Number(exchanges),
    share: percent / 100,
    bodies: bytes,
    pseudonymise: { headers: namesOf('header', pseudonymise), queries: namesOf('query', pseudonymise) },
  };
}

function namesOf(kind: string, places: readonly string[]): string[] {
  return places.filter((place) => place.startsWith(`${kind}:`)).map((place) => place.slice(kind.length + 1));
}
