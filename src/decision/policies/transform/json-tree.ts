/**
 * JSON as a tree that keeps what it does not understand: numbers and strings stay the text they were, so that an amount of twenty
 * digits leaves as it came. Members are lists, not properties: their order stays, and `__proto__` is a name like any other.
 */
import { BodyError } from './body-error.ts';

/** The text of a number, of a string with its quotes, of true, false or null; or what holds others. */
export type JsonNode = string | JsonNode[] | JsonObject;

/** Name and value at the same index belong together. */
export class JsonObject {
  readonly names: string[] = [];
  readonly values: JsonNode[] = [];

  get(name: string): JsonNode | undefined {
    const at = this.names.indexOf(name);
    return at === -1 ? undefined : this.values[at];
  }

  /** Replaces the member of this name, or adds it at the end. */
  set(name: string, value: JsonNode): void {
    const at = this.names.indexOf(name);
    if (at !== -1) this.values[at] = value;
    else this.add(name, value);
  }

  /** Adds a member whose name is known to be new. */
  add(name: string, value: JsonNode): void {
    this.names.push(name);
    this.values.push(value);
  }

  removeAt(at: number): void {
    this.names.splice(at, 1);
    this.values.splice(at, 1);
  }
}

/** Objects and lists within each other. */
export const MOST_LEVELS = 128;

/** Members from which on names are looked up in a set rather than in the list. */
const MANY_NAMES = 12;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/**
 * Reads a JSON text (RFC 8259). Names that stand twice in one object are refused: readers disagree on which of them counts, and
 * the next one may see what this one did not.
 *
 * @throws BodyError
 */
export function parseJson(text: string): JsonNode {
  const reader = new Reader(text);
  const node = reader.value(0);
  reader.end();
  return node;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(level: number): JsonNode {
    if (level > MOST_LEVELS) throw new BodyError(`more than ${MOST_LEVELS} levels`);
    this.#skipBlanks();
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object(level);
      case 0x5b:
        return this.#array(level);
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#word('true');
      case 0x66:
        return this.#word('false');
      case 0x6e:
        return this.#word('null');
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail();
  }

  #object(level: number): JsonObject {
    const object = new JsonObject();
    let seen: Set<string> | null = null;
    this.#at++;
    if (this.#takes(0x7d)) return object;
    do {
      this.#skipBlanks();
      const name = nameOf(this.#string());
      if (object.names.length === MANY_NAMES) seen = new Set(object.names);
      if (seen === null ? object.names.includes(name) : seen.has(name)) throw new BodyError('a name stands twice');
      seen?.add(name);
      if (!this.#takes(0x3a)) this.#fail();
      object.add(name, this.value(level + 1));
    } while (this.#takes(0x2c));
    if (!this.#takes(0x7d)) this.#fail();
    return object;
  }

  #array(level: number): JsonNode[] {
    const array: JsonNode[] = [];
    this.#at++;
    if (this.#takes(0x5d)) return array;
    do array.push(this.value(level + 1));
    while (this.#takes(0x2c));
    if (!this.#takes(0x5d)) this.#fail();
    return array;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(start) !== 0x22) this.#fail();
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return text.slice(start, at + 1);
      }
      if (code < 0x20) break;
      if (code !== 0x5c) continue;
      ESCAPE.lastIndex = at + 1;
      if (!ESCAPE.test(text)) break;
      at = ESCAPE.lastIndex - 1;
    }
    return this.#fail();
  }

  #number(): string {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) return this.#fail();
    this.#at = NUMBER.lastIndex;
    return match[0];
  }

  #word(word: string): string {
    if (!this.#text.startsWith(word, this.#at)) this.#fail();
    this.#at += word.length;
    return word;
  }

  #takes(code: number): boolean {
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(): never {
    throw new BodyError(`not JSON at character ${this.#at}`);
  }
}

/** Decoded: two spellings of one name are the same name. */
function nameOf(quoted: string): string {
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}

/** Whether a node is the text of a string. */
export function isText(node: JsonNode): node is string {
  return typeof node === 'string' && node.charCodeAt(0) === 0x22;
}

/** What the text of a string says. */
export function textOf(node: string): string {
  return nameOf(node);
}

/** Writes a tree as JSON without blanks. */
export function writeJson(node: JsonNode): string {
  const pieces: string[] = [];
  write(node, pieces);
  return pieces.join('');
}

function write(node: JsonNode, pieces: string[]): void {
  if (typeof node === 'string') {
    pieces.push(node);
  } else if (Array.isArray(node)) {
    pieces.push('[');
    for (let i = 0; i < node.length; i++) {
      if (i > 0) pieces.push(',');
      write(node[i]!, pieces);
    }
    pieces.push(']');
  } else {
    pieces.push('{');
    for (let i = 0; i < node.names.length; i++) {
      pieces.push(i > 0 ? ',' : '', JSON.stringify(node.names[i]), ':');
      write(node.values[i]!, pieces);
    }
    pieces.push('}');
  }
}
