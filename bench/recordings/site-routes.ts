/** How the paths of the recorded site become paths that config/penstock.yaml has routes for. README.md beside this says it in words. */
import type { RecordedExchange } from '../../src/recording/recorded-exchange.ts';

/** What the site offers to be read or downloaded becomes the catalog. */
const CATALOG = /^\/(?=(?:presentations|files|projects|articles)(?:[/?]|$))/;
/** Pictures become users; a picture in a folder, a user with a longer name: a template has one segment. */
const PICTURE = /^\/images\/+([^?]+)(.*)$/;
/** What every page of the site is made of becomes users who ask for version 2. */
const PAGE_PART = /^\/(?:icons\/)?(favicon\.ico|style2\.css|reset\.css|[\w-]+\.gif|[\w-]+\.png)(\?.*)?$/;

/** The same request with its path mapped, and the header that goes with it; all else stays. */
export function siteRequest(exchange: RecordedExchange): RecordedExchange {
  const { path, headers } = exchange;
  if (CATALOG.test(path)) return { ...exchange, path: path.replace(CATALOG, '/catalog/') };
  const picture = PICTURE.exec(path);
  if (picture !== null) return { ...exchange, path: `/users/${segment(picture[1]!)}${picture[2]}` };
  const part = PAGE_PART.exec(path);
  if (part === null) return exchange;
  return { ...exchange, path: `/users/${part[1]}${part[2] ?? ''}`, headers: [...headers, ['x-version', '2']] };
}

const segment = (path: string): string => path.replace(/\/+$/, '').replaceAll(/\/+/g, '-');
