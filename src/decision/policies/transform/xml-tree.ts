/**
 * XML to JSON trees and back:
 *
 *   <order id="7"><item>pen</item><item>ink</item><note/></order>
 *   {"order":{"@id":"7","item":["pen","ink"],"note":""}}
 *
 * An attribute is a member with `@` before its name; text beside attributes or elements is `#text`; elements of one name are a list
 * where they stand. All values are text. Comments, instructions, and where text stood between elements are not kept.
 */
import { BodyError } from './body-error.ts';
import { isText, type JsonNode, JsonObject, textOf } from './json-tree.ts';
import type { XmlElement } from './read-xml.ts';

export interface XmlOptions {
  /** Names of elements that are a list even where one stands alone. */
  readonly lists: readonly string[];
  /** `drop`: `soap:Body` is `Body`, and what declares namespaces is left out. */
  readonly prefixes: 'keep' | 'drop';
  /** The element to put around what is written; null: the one member of the object is it. */
  readonly root: string | null;
}

const NAME = /^[A-Za-z_\u00c0-\u02ff\u0370-\u1fff][-.\w:\u00b7-\u1fff]*$/;
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** An object of one member, the root element. @throws BodyError */
export function xmlToTree(root: XmlElement, options: XmlOptions): JsonObject {
  const tree = new JsonObject();
  tree.add(nameOf(root.name, options), contentOf(root, options));
  return tree;
}

function contentOf(element: XmlElement, options: XmlOptions): JsonNode {
  const object = new JsonObject();
  addAttributes(object, element, options);
  const lists = new Map<string, JsonNode[]>();
  for (const child of element.children) {
    const name = nameOf(child.name, options);
    const value = contentOf(child, options);
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [value]);
    else list.push(value);
  }
  for (const [name, list] of lists) object.add(name, list.length > 1 || options.lists.includes(name) ? list : list[0]!);
  if (object.names.length === 0) return JSON.stringify(element.text);
  if (element.text !== '') object.add('#text', JSON.stringify(element.text));
  return object;
}

function addAttributes(object: JsonObject, { attributes }: XmlElement, options: XmlOptions): void {
  for (let i = 0; i < attributes.length; i += 2) {
    const written = attributes[i]!;
    if (options.prefixes === 'drop' && /^xmlns(:|$)/.test(written)) continue;
    const name = `@${nameOf(written, options)}`;
    if (object.get(name) !== undefined) throw new BodyError('two attributes differ in their prefix alone');
    object.add(name, JSON.stringify(attributes[i + 1]!));
  }
}

function nameOf(written: string, { prefixes }: XmlOptions): string {
  return prefixes === 'keep' ? written : written.slice(written.indexOf(':') + 1);
}

/** Writes a tree as a document. @throws BodyError for what XML has no form for */
export function writeXml(node: JsonNode, root: string | null): string {
  const pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n'];
  if (root !== null) writeElement(root, node, pieces);
  else if (typeof node === 'string' || Array.isArray(node) || node.names.length !== 1 || Array.isArray(node.values[0]))
    throw new BodyError('an XML document has one root element');
  else writeElement(node.names[0]!, node.values[0]!, pieces);
  return pieces.join('');
}

function writeElement(name: string, value: JsonNode, pieces: string[]): void {
  if (!NAME.test(name)) throw new BodyError('a name that XML cannot hold');
  if (typeof value === 'string') {
    pieces.push(`<${name}>`, escaped(value), `</${name}>`);
    return;
  }
  if (Array.isArray(value)) throw new BodyError('a list directly in a list');
  pieces.push(`<${name}`);
  for (const [i, member] of value.names.entries())
    if (member.startsWith('@')) writeAttribute(member, value.values[i]!, pieces);
  pieces.push('>');
  writeMembers(value, pieces);
  pieces.push(`</${name}>`);
}

/** The members of an object that are elements, or text between them. */
export function writeMembers(object: JsonObject, pieces: string[]): void {
  for (const [i, member] of object.names.entries()) {
    const child = object.values[i]!;
    if (member.startsWith('@')) continue;
    if (member === '#text') pieces.push(escaped(child));
    else if (Array.isArray(child)) for (const item of child) writeElement(member, item, pieces);
    else writeElement(member, child, pieces);
  }
}

function writeAttribute(member: string, value: JsonNode, pieces: string[]): void {
  const name = member.slice(1);
  if (!NAME.test(name)) throw new BodyError('a name that XML cannot hold');
  pieces.push(` ${name}="`, escaped(value), '"');
}

function escaped(value: JsonNode): string {
  if (typeof value !== 'string') throw new BodyError('an attribute or text that is not a single value');
  if (value === 'null') return '';
  const text = isText(value) ? textOf(value) : value;
  if (FORBIDDEN.test(text)) throw new BodyError('a character that XML cannot hold');
  return text.replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character]!);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
