/**
 * Strict JSON text (RFC 8259) as a source: no comments, no trailing commas, no key twice.
 *
 *   text ─► outline ─► each member, and each item of the outermost lists, by JSON.parse ─► value
 *              │                └ an item whose text stood in an earlier version of the file is that one's value
 *              └ whatever is not quite as it should be ─► json-tree-source.ts, which says what, and where
 */
import type { ConfigPath, Place } from '../diagnostics.ts';
import { type Items, type Member, type Outline, outlineJson, SPAN, type Spans } from './json-outline.ts';
import { JsonOffsets, parseJsonTree } from './json-tree-source.ts';
import { FORBIDDEN_KEY, type Part, type Source, type SourceResult } from './source.ts';

/** Values of the items of each list, by its key as written. They are shared: nobody changes them. */
type KnownValues = ReadonlyMap<string, readonly unknown[]>;

const NOTHING = { items: new Map<string, Items>(), values: new Map<string, readonly unknown[]>() };

/**
 * @param earlier of an earlier version of the file: items whose text has not changed have the very values they had there, which
 *   tells the stages behind that they have seen them
 */
export function parseJson(file: string, text: string, earlier: Source | null = null): SourceResult {
  const known = earlier instanceof JsonSource ? earlier : NOTHING;
  const outline = outlineJson(text, known.items);
  const source = outline === null ? null : new Builder(text, known.values).build(file, outline);
  return source === null ? parseJsonTree(file, text) : { source, diagnostics: [] };
}

/** What the strict parser refuses, or hides. */
class NotPlain extends Error {}

class Builder {
  readonly #text: string;
  readonly #known: KnownValues;
  readonly #values = new Map<string, readonly unknown[]>();

  constructor(text: string, known: KnownValues) {
    this.#text = text;
    this.#known = known;
  }

  /** Null for text that has a mistake. */
  build(file: string, outline: Outline): JsonSource | null {
    const value: Record<string, unknown> = {};
    const members = new Map<string, Member>();
    try {
      for (const member of outline.members) {
        const key = JSON.parse(member.key) as string;
        if (key === FORBIDDEN_KEY || members.has(key)) return null;
        members.set(key, member);
        value[key] = member.items === null ? this.#value(member.span, 1) : this.#list(member.key, member.items);
      }
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof NotPlain) return null;
      throw error;
    }
    return new JsonSource(file, this.#text, { begin: outline.begin, members }, value, this.#values);
  }

  #list(key: string, items: Items): readonly unknown[] {
    const known = this.#known.get(key) ?? [];
    const values = items.known.map((index, at) => (index === -1 ? this.#value(items, at) : known[index]));
    this.#values.set(key, values);
    return values;
  }

  #value(spans: Spans, at: number): unknown {
    const value: unknown = JSON.parse(this.#text.slice(spans.get(at, SPAN.BEGIN), spans.get(at, SPAN.END)));
    // A key that stands twice is one key of the value.
    if (countKeys(value) !== spans.get(at, SPAN.KEYS)) throw new NotPlain();
    return value;
  }
}

/** @throws NotPlain for a key that no map may have */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item);
    return count;
  }
  const map = value as Record<string, unknown>;
  for (const key in map) {
    if (key === FORBIDDEN_KEY) throw new NotPlain();
    count += 1 + countKeys(map[key]);
  }
  return count;
}

interface Members {
  readonly begin: number;
  readonly members: ReadonlyMap<string, Member>;
}

class JsonSource implements Source {
  readonly value: unknown;
  readonly values: KnownValues;
  readonly #file: string;
  readonly #text: string;
  readonly #outline: Members;
  /** Of the span that was looked into last: the next question is most likely about the same. */
  #offsets: { readonly begin: number; readonly within: JsonOffsets } | null = null;

  constructor(file: string, text: string, outline: Members, value: unknown, values: KnownValues) {
    this.value = value;
    this.values = values;
    this.#file = file;
    this.#text = text;
    this.#outline = outline;
  }

  /** By key as written. */
  get items(): ReadonlyMap<string, Items> {
    const lists = [...this.#outline.members.values()].filter(({ items }) => items !== null);
    return new Map(lists.map(({ key, items }) => [key, items!]));
  }

  locate(path: ConfigPath, part: Part = 'value'): Place {
    const [section, step] = path;
    const member = typeof section === 'string' ? this.#outline.members.get(section) : undefined;
    if (member === undefined) return this.#placeAt(this.#outline.begin, 0, 1, 1);
    if (path.length === 1) return this.#within(member.span, part === 'key' ? 0 : 1, [], part);
    const { items } = member;
    if (items === null) return this.#within(member.span, 1, path.slice(1), part);
    if (typeof step === 'number' && step >= 0 && step < items.length)
      return this.#within(items, step, path.slice(2), part);
    return this.#within(member.span, 1, [], part);
  }

  /** A place in what one span holds. */
  #within(spans: Spans, at: number, path: ConfigPath, part: Part): Place {
    const begin = spans.get(at, SPAN.BEGIN);
    const line = spans.get(at, SPAN.LINE);
    const column = spans.get(at, SPAN.COLUMN);
    if (path.length === 0) return { file: this.#file, line, column };
    if (this.#offsets?.begin !== begin)
      this.#offsets = { begin, within: new JsonOffsets(this.#text.slice(begin, spans.get(at, SPAN.END))) };
    return this.#placeAt(begin + this.#offsets.within.find(path, part), begin, line, column);
  }

  /** @param from an offset on the way to it, whose line and column are known */
  #placeAt(offset: number, from: number, line: number, column: number): Place {
    let passed = 0;
    let lineBegin = from - column + 1;
    for (let feed = this.#text.indexOf('\n', from); feed !== -1 && feed < offset; ) {
      passed++;
      lineBegin = feed + 1;
      feed = this.#text.indexOf('\n', lineBegin);
    }
    return { file: this.#file, line: line + passed, column: offset - lineBegin + 1 };
  }
}
