/**
 * Reads XML 1.0 (W3C, fifth edition) without document types: strict about form, so that nothing is taken in that another reader
 * takes for something else. No entity is ever expanded but the five that XML itself defines and references to characters.
 *
 * Written here and not with fast-xml-parser, whose validator lets pass a second root, text behind the root, entities nobody
 * defined and control characters, and whose parser refuses elements named `constructor`.
 */
import { BodyError } from './body-error.ts';
import { MOST_LEVELS } from './json-tree.ts';

export interface XmlElement {
  readonly name: string;
  /** Names and values alternate. */
  readonly attributes: string[];
  readonly children: XmlElement[];
  /** All text directly in it, without the blanks around it when it has elements too. */
  text: string;
}

const NAME_START =
  ':A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NAME = `[${NAME_START}][-.0-9\\u00b7\\u0300-\\u036f\\u203f-\\u2040${NAME_START}]*`;
const OPEN = new RegExp(`<(${NAME})`, 'uy');
const CLOSE = new RegExp(`</(${NAME})[ \\t\\r\\n]*>`, 'uy');
const ATTRIBUTE = new RegExp(`[ \\t\\r\\n]+(${NAME})[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"([^<"]*)"|'([^<']*)')`, 'uy');
const OPEN_END = /[ \t\r\n]*(\/?)>/y;
const BLANKS = /[ \t\r\n]+/y;
const INSTRUCTION = new RegExp(`<\\?(${NAME})(?:[ \\t\\r\\n][^]*?)?\\?>`, 'uy');
const DECLARATION =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.[0-9]["'](?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z][\w.-]*)["'])?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*["'](?:yes|no)["'])?[ \t\r\n]*\?>/y;
/** Characters that no XML document may hold (section 2.2). */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&/g;
const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** @throws BodyError */
export function readXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new BodyError('a character that XML cannot hold');
  return new Reader(text.replace(/\r\n?/g, '\n')).document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const declaration = this.#take(DECLARATION);
    const encoding = declaration?.[1];
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) throw new BodyError('not said to be UTF-8');
    this.#skipMisc();
    const root = this.#element(0);
    this.#skipMisc();
    if (this.#at < this.#text.length) this.#fail();
    return root;
  }

  #element(level: number): XmlElement {
    if (level > MOST_LEVELS) throw new BodyError(`more than ${MOST_LEVELS} levels`);
    const open = this.#take(OPEN) ?? this.#fail();
    const element: XmlElement = { name: open[1]!, attributes: this.#attributes(), children: [], text: '' };
    const end = this.#take(OPEN_END) ?? this.#fail();
    if (end[1] === '') this.#content(element, level);
    return element;
  }

  #attributes(): string[] {
    const attributes: string[] = [];
    const seen = new Set<string>();
    for (let match = this.#take(ATTRIBUTE); match !== null; match = this.#take(ATTRIBUTE)) {
      if (seen.has(match[1]!)) throw new BodyError('an attribute stands twice');
      seen.add(match[1]!);
      attributes.push(match[1]!, resolved((match[2] ?? match[3]!).replace(/[\t\n]/g, ' ')));
    }
    return attributes;
  }

  #content(element: XmlElement, level: number): void {
    const pieces: string[] = [];
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next === -1) this.#fail();
      if (next > this.#at) pieces.push(this.#characters(next));
      if (this.#text.startsWith('</', next)) break;
      if (this.#text.startsWith('<![CDATA[', next)) pieces.push(this.#between('<![CDATA[', ']]>'));
      else if (!this.#skipUnread()) element.children.push(this.#element(level + 1));
    }
    const close = this.#take(CLOSE) ?? this.#fail();
    if (close[1] !== element.name) throw new BodyError('an element is closed by the end of another');
    const text = pieces.join('');
    element.text = element.children.length === 0 ? text : text.trim();
  }

  #characters(end: number): string {
    const raw = this.#text.slice(this.#at, end);
    if (raw.includes(']]>')) this.#fail();
    this.#at = end;
    return resolved(raw);
  }

  #between(begin: string, end: string): string {
    const from = this.#at + begin.length;
    const to = this.#text.indexOf(end, from);
    if (to === -1) this.#fail();
    this.#at = to + end.length;
    return this.#text.slice(from, to);
  }

  /** Comments and processing instructions. */
  #skipUnread(): boolean {
    if (this.#text.startsWith('<!--', this.#at)) {
      const comment = this.#between('<!--', '-->');
      if (comment.includes('--') || comment.endsWith('-')) this.#fail();
      return true;
    }
    if (this.#text.startsWith('<!', this.#at)) throw new BodyError('a document type');
    const instruction = this.#take(INSTRUCTION);
    if (instruction !== null && /^xml$/i.test(instruction[1]!)) this.#fail();
    return instruction !== null;
  }

  #skipMisc(): void {
    do this.#take(BLANKS);
    while (this.#skipUnread());
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #fail(): never {
    throw new BodyError(`not XML at character ${this.#at}`);
  }
}

/** Text with its references replaced, once: what they stand for is not read again. */
function resolved(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replace(REFERENCE, (_, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return PREDEFINED[name]!;
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : 0;
    const character = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
    if (FORBIDDEN.test(character)) throw new BodyError('a reference to what XML does not define');
    return character;
  });
}
