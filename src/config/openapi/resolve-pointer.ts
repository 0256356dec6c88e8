import { isRecord, valueAt } from '../source/source.ts';
import { DocumentError } from './document-error.ts';

const MOST_HOPS = 32;

/**
 * Follows a reference within a document (RFC 6901 behind `#`), and the references it may lead to.
 *
 * @param at where it stands, for the message
 * @returns where it ends, as a pointer, and what stands there
 * @throws DocumentError for one that leads out of the document, in a circle or nowhere
 */
export function resolvePointer(document: unknown, reference: unknown, at: string): readonly [string, unknown] {
  let pointer = reference;
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    if (typeof pointer !== 'string' || (pointer !== '#' && !pointer.startsWith('#/')))
      throw new DocumentError(at, `$ref ${JSON.stringify(pointer)} does not stay within the document`);
    const steps = pointer.split('/').slice(1).map(unescaped);
    const value = steps.reduce<unknown>(
      (inside, step) => valueAt(inside, [Array.isArray(inside) ? Number(step) : step]),
      document,
    );
    if (value === undefined) throw new DocumentError(at, `$ref ${JSON.stringify(pointer)} leads nowhere`);
    if (!isRecord(value) || typeof value['$ref'] !== 'string' || Object.keys(value).length > 1) return [pointer, value];
    pointer = value['$ref'];
  }
  throw new DocumentError(at, `$ref ${JSON.stringify(reference)} leads in a circle`);
}

function unescaped(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A percent sign that is one.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
