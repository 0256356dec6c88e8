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

/** Spans of text, field by field: there may be very many. Offsets, lines from 1 and columns from 1 count UTF-16 units. */
export class Spans {
  readonly begins: number[] = [];
  readonly ends: number[] = [];
  readonly lines: number[] = [];
  readonly columns: number[] = [];
  /** Colons outside of strings: how many keys a value has with all that is in it, when it is JSON. */
  readonly keys: number[] = [];
  /** Line feeds in it, and the offset behind the last of them from where it begins; 0: there is none. */
  readonly feeds: number[] = [];
  readonly lastLines: number[] = [];

  get length(): number {
    return this.begins.length;
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
    const key = this.#text.slice(span.begins[0]!, span.ends[0]!);
    if (!this.#take(COLON)) return null;
    const items = this.#text.charCodeAt(this.#at) === OPEN_LIST ? new Items() : null;
    if (items === null) return this.#span(span) ? { key, span, items } : null;
    this.#begin(span);
    if (!this.#items(items, this.#known.get(key) ?? NOTHING)) return null;
    span.ends.push(this.#at);
    return { key, span, items };
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
      const feeds = earlier.feeds[index]!;
      this.#begin(items);
      this.#line += feeds;
      if (feeds > 0) this.#lineBegin = this.#at + earlier.lastLines[index]!;
      this.#at += text.length;
      noteEnd(items, this.#at, feeds, earlier.lastLines[index]!, earlier.keys[index]!);
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
    noteEnd(spans, this.#at, feeds, feeds === 0 ? 0 : this.#lineBegin - begin, keys);
    return true;
  }

  #begin(spans: Spans): void {
    spans.begins.push(this.#at);
    spans.lines.push(this.#line);
    spans.columns.push(this.#at - this.#lineBegin + 1);
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

function noteEnd(spans: Spans, end: number, feeds: number, lastLine: number, keys: number): void {
  spans.ends.push(end);
  spans.feeds.push(feeds);
  spans.lastLines.push(lastLine);
  spans.keys.push(keys);
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
