/**
 * The first look at JSON text: where the members of its outermost map begin and end, and the items of those that are lists.
 * Brackets and quotes alone are counted; whether what stands between them is JSON is for its parser to say.
 *
 * An item that begins with the text of one of an earlier version, brackets and all, is that item: it is not looked at again.
 */
import { Alignment } from '../../align.ts';

/** What parsers that recurse take without a thought; deeper text is left to the one that says so. */
const MOST_LEVELS = 64;

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/** Words of a span. Offsets, lines and columns count UTF-16 units, the latter two from 1. */
export const SPAN = {
  BEGIN: 0,
  END: 1,
  LINE: 2,
  COLUMN: 3,
  /** Colons outside of strings: how many keys a value has with all that is in it, when it is JSON. */
  KEYS: 4,
  /** Line feeds in it, and the offset behind the last of them from where it begins; 0: there is none. */
  FEEDS: 5,
  LAST_LINE: 6,
} as const;

const SPAN_WORDS = 8;

/** Spans of text. As words and not as objects: there may be very many, and garbage collectors would look at each. */
export class Spans {
  length = 0;
  #words: Int32Array;

  /** @param room for so many without growing */
  constructor(room = 2) {
    this.#words = new Int32Array(SPAN_WORDS * Math.max(2, room));
  }

  get(index: number, word: number): number {
    return this.#words[index * SPAN_WORDS + word]!;
  }

  /** Adds a span of which only its beginning is known. */
  begin(at: number, line: number, column: number): void {
    const row = this.length++ * SPAN_WORDS;
    if (row === this.#words.length) {
      const grown = new Int32Array(2 * row);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[row + SPAN.BEGIN] = at;
    this.#words[row + SPAN.LINE] = line;
    this.#words[row + SPAN.COLUMN] = column;
  }

  /** Completes the span that was added last. */
  end(at: number, keys: number, feeds: number, lastLine: number): void {
    const row = (this.length - 1) * SPAN_WORDS;
    this.#words[row + SPAN.END] = at;
    this.#words[row + SPAN.KEYS] = keys;
    this.#words[row + SPAN.FEEDS] = feeds;
    this.#words[row + SPAN.LAST_LINE] = lastLine;
  }
}

/** Items of a list. */
export class Items extends Spans {
  readonly texts: string[] = [];
  /** Their index in the earlier version; -1: they are new. */
  readonly known: number[] = [];
}

export interface Member {
  /** With its quotes, escapes and all. */
  readonly key: string;
  /** Of the key, and of the value: one span each. */
  readonly span: Spans;
  /** Null: it is no list. */
  readonly items: Items | null;
}

export interface Outline {
  /** Offset of the outermost map. */
  readonly begin: number;
  readonly members: readonly Member[];
}

const NOTHING = new Items();

/**
 * Null for text that is not JSON, whose outermost value is no map, or that is nested deeply.
 *
 * @param known items of an earlier version, by the key of their list
 */
export function outlineJson(text: string, known: ReadonlyMap<string, Items>): Outline | null {
  return new Scanner(text, known).outline();
}

class Scanner {
  readonly #text: string;
  readonly #known: ReadonlyMap<string, Items>;
  #at = 0;
  #line = 1;
  /** Offset of the line's first character. */
  #lineBegin = 0;

  constructor(text: string, known: ReadonlyMap<string, Items>) {
    this.#text = text;
    this.#known = known;
  }

  outline(): Outline | null {
    this.#skipBlanks();
    const begin = this.#at;
    const members: Member[] = [];
    if (!this.#take(OPEN_MAP)) return null;
    if (!this.#take(CLOSE_MAP)) {
      do {
        const member = this.#member();
        if (member === null) return null;
        members.push(member);
      } while (this.#take(COMMA));
      if (!this.#take(CLOSE_MAP)) return null;
    }
    return this.#at === this.#text.length ? { begin, members } : null;
  }

  #member(): Member | null {
    const span = new Spans();
    if (this.#text.charCodeAt(this.#at) !== QUOTE || !this.#span(span)) return null;
    const key = this.#text.slice(span.get(0, SPAN.BEGIN), span.get(0, SPAN.END));
    if (!this.#take(COLON)) return null;
    if (this.#text.charCodeAt(this.#at) !== OPEN_LIST) return this.#span(span) ? { key, span, items: null } : null;
    const earlier = this.#known.get(key) ?? NOTHING;
    const items = new Items(earlier.length);
    this.#begin(span);
    return this.#items(items, earlier) ? { key, span, items } : null;
  }

  #items(items: Items, earlier: Items): boolean {
    const alignment = new Alignment(earlier.texts);
    this.#take(OPEN_LIST);
    if (this.#take(CLOSE_LIST)) return true;
    do {
      const index = this.#knownItem(items, earlier, alignment);
      if (index !== -1) alignment.found(index);
      else if (!this.#newItem(items, alignment)) return false;
      this.#skipBlanks();
    } while (this.#take(COMMA));
    return this.#take(CLOSE_LIST);
  }

  /** Passes over an item that stood near here before. @returns where; -1: none did */
  #knownItem(items: Items, earlier: Items, alignment: Alignment<string>): number {
    const first = this.#text.charCodeAt(this.#at);
    // Of other values the text does not say where they end.
    if (first !== OPEN_MAP && first !== OPEN_LIST) return -1;
    for (let index = alignment.begin; index < alignment.end; index++) {
      const wanted = earlier.texts[index]!;
      const text = this.#text.slice(this.#at, this.#at + wanted.length);
      if (text !== wanted) continue;
      const feeds = earlier.get(index, SPAN.FEEDS);
      const lastLine = earlier.get(index, SPAN.LAST_LINE);
      this.#begin(items);
      this.#line += feeds;
      if (feeds > 0) this.#lineBegin = this.#at + lastLine;
      this.#at += text.length;
      items.end(this.#at, earlier.get(index, SPAN.KEYS), feeds, lastLine);
      items.texts.push(text);
      items.known.push(index);
      return index;
    }
    return -1;
  }

  #newItem(items: Items, alignment: Alignment<string>): boolean {
    const begin = this.#at;
    if (!this.#value(items)) return false;
    const text = this.#text.slice(begin, this.#at);
    items.texts.push(text);
    items.known.push(alignment.search(text));
    return true;
  }

  /** Passes over one value and the blanks behind it. */
  #span(spans: Spans): boolean {
    if (!this.#value(spans)) return false;
    this.#skipBlanks();
    return true;
  }

  #value(spans: Spans): boolean {
    const begin = this.#at;
    const line = this.#line;
    this.#begin(spans);
    const keys = this.#skipValue();
    if (keys === -1) return false;
    const feeds = this.#line - line;
    spans.end(this.#at, keys, feeds, feeds === 0 ? 0 : this.#lineBegin - begin);
    return true;
  }

  #begin(spans: Spans): void {
    spans.begin(this.#at, this.#line, this.#at - this.#lineBegin + 1);
  }

  /** One character and the blanks behind it. */
  #take(character: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== character) return false;
    this.#at++;
    this.#skipBlanks();
    return true;
  }

  #skipBlanks(): void {
    const text = this.#text;
    for (; ; this.#at++) {
      const character = text.charCodeAt(this.#at);
      if (character === LINE_FEED) {
        this.#line++;
        this.#lineBegin = this.#at + 1;
      } else if (character !== 0x20 && character !== 0x09 && character !== 0x0d) return;
    }
  }

  /** @returns how many colons it holds; -1: it does not end, or is nested too deeply */
  #skipValue(): number {
    const text = this.#text;
    const first = text.charCodeAt(this.#at);
    if (first === OPEN_MAP || first === OPEN_LIST) return this.#skipBrackets();
    this.#at = first === QUOTE ? endOfString(text, this.#at) + 1 : endOfWord(text, this.#at);
    return this.#at > text.length ? -1 : 0;
  }

  #skipBrackets(): number {
    const text = this.#text;
    const end = text.length;
    let keys = 0;
    let depth = 0;
    for (let at = this.#at; at < end; at++) {
      const character = text.charCodeAt(at);
      if (character === QUOTE) at = endOfString(text, at);
      else if (character === LINE_FEED) {
        this.#line++;
        this.#lineBegin = at + 1;
      } else if (character === COLON) keys++;
      else if (character === OPEN_MAP || character === OPEN_LIST) {
        if (++depth > MOST_LEVELS) return -1;
      } else if (character === CLOSE_MAP || character === CLOSE_LIST) {
        if (--depth > 0) continue;
        this.#at = at + 1;
        return keys;
      }
    }
    return -1;
  }
}

/** Offset of the closing quote; past the text when there is none. */
function endOfString(text: string, begin: number): number {
  const end = text.length;
  let at = begin + 1;
  for (; at < end; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) return at;
    if (character === BACKSLASH) at++;
  }
  return end;
}

/** A number, true, false or null: up to what cannot belong to it. */
function endOfWord(text: string, begin: number): number {
  let at = begin;
  while (at < text.length && !' \t\r\n,]}'.includes(text[at]!)) at++;
  return at;
}
