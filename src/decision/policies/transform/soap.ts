import { BodyError } from './body-error.ts';
import { type JsonNode, JsonObject } from './json-tree.ts';
import type { XmlElement } from './read-xml.ts';
import { writeMembers, type XmlOptions, xmlToTree } from './xml-tree.ts';

/** SOAP as a client of a service speaks it. */
export interface SoapOptions {
  readonly version: '1.1' | '1.2';
  /** What SOAPAction (1.1) or the parameter `action` of the media type (1.2) says; null: nothing. */
  readonly action: string | null;
}

const NAMESPACES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

/**
 * What stands in the body of an envelope, as an object; the envelope and its headers are left out. Either version is read.
 *
 * @throws BodyError
 */
export function soapToTree(envelope: XmlElement, options: XmlOptions): JsonNode {
  const prefix = envelope.name.includes(':') ? envelope.name.slice(0, envelope.name.indexOf(':') + 1) : '';
  const declaration = prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`;
  const declared = envelope.attributes[envelope.attributes.indexOf(declaration) + 1];
  const isSoap = envelope.name === `${prefix}Envelope` && Object.values<unknown>(NAMESPACES).includes(declared);
  const bodies = envelope.children.filter(({ name }) => name === `${prefix}Body`);
  if (!isSoap || bodies.length !== 1) throw new BodyError('not a SOAP envelope with one body');
  const body = { ...bodies[0]!, attributes: [] };
  const content = xmlToTree(body, options).values[0]!;
  return typeof content === 'string' ? new JsonObject() : content;
}

/** Puts the members of an object into an envelope. @throws BodyError */
export function writeSoap(node: JsonNode, { version }: SoapOptions): string {
  if (!(node instanceof JsonObject)) throw new BodyError('what is to go into an envelope is not an object');
  const pieces = [
    `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${NAMESPACES[version]}"><soap:Body>`,
  ];
  writeMembers(node, pieces);
  pieces.push('</soap:Body></soap:Envelope>');
  return pieces.join('');
}
