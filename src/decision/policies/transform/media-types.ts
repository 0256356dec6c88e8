/** What bodies can be read as and written as. */
export const FORMATS = ['json', 'messagePack', 'xml', 'soap'] as const;
export type Format = (typeof FORMATS)[number];

const XML = /^(application\/xml|text\/xml|[^/\s,]+\/[^\s,]+\+xml)$/;
/** RFC 8259, RFC 6839 (suffixes), RFC 7303; MessagePack has no registration of its own but the vendor's. */
const READ_AS = {
  json: /^(application\/json|text\/json|[^/\s,]+\/[^\s,]+\+json)$/,
  messagePack: /^application\/(x-|vnd\.)?msgpack$/,
  xml: XML,
  soap: XML,
} as const satisfies Record<Format, RegExp>;

/** The media type without its parameters, in lower case. */
export function essenceOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}

/** Whether it says that the body is of a format, in whichever charset. */
export function isSaidToBe(contentType: string, format: Format): boolean {
  return READ_AS[format].test(essenceOf(contentType));
}

/** Whether a Content-Type says that the body is of a format, in UTF-8. */
export function isOfFormat(contentType: string | null, format: Format): boolean {
  if (contentType === null || !isSaidToBe(contentType, format)) return false;
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  return charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
}
