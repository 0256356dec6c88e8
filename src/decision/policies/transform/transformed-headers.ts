/** What the headers of a message say about a body that is not that body any more. */
import type { HeaderChanges } from '../../header-changes.ts';
import type { BodyPlan } from './transform-body.ts';

/** Headers by which a client asks for part of a body, or for none if it has not changed (RFC 9110, sections 13.1 and 14.2). */
export const FRESH_ANSWER_REMOVES = ['range', 'if-range', 'if-none-match', 'if-modified-since'] as const;

/** Of the body as it was (RFC 9110, sections 8.4, 8.8 and 14.3; RFC 9530; RFC 1864). */
const OF_THE_OLD_BODY = [
  'content-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'etag',
  'last-modified',
  'accept-ranges',
] as const;

/** @param contentType of the new body */
export function bodyHeaders(headers: HeaderChanges, contentType: string): void {
  for (const name of OF_THE_OLD_BODY) headers.remove(name);
  headers.set('content-type', contentType);
}

/** A body that stays in its format keeps its type. */
export function contentTypeFor({ from, to, soap }: BodyPlan, contentType: string): string {
  if (from === to) return contentType;
  switch (to) {
    case 'json':
      return 'application/json';
    case 'messagePack':
      return 'application/vnd.msgpack';
    case 'xml':
      return 'application/xml';
    case 'soap': {
      if (soap.version === '1.1') return 'text/xml; charset=utf-8';
      const action = soap.action === null ? '' : `; action="${soap.action}"`;
      return `application/soap+xml; charset=utf-8${action}`;
    }
    default:
      return to satisfies never;
  }
}
