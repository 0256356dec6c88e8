/** Names are tokens in lower case (RFC 9110, section 5.1). */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** No control character but HTAB; latin1, one character a byte (RFC 9110, section 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers of a request that the gateway itself writes or interprets: no policy may. `Decision.host` changes Host. */
const OWNED_IN_REQUESTS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

const OWNED_IN_RESPONSES: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'penstock-error',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Why a policy must not change this header, or null. For checks of a config, before the first request. */
export function whyNotChangeable(message: 'request' | 'response', name: string): string | null {
  if (!NAME.test(name)) return 'is not a header name in lower case';
  const owned = message === 'request' ? OWNED_IN_REQUESTS : OWNED_IN_RESPONSES;
  return owned.has(name) ? 'is written by the gateway itself' : null;
}

/**
 * Text as a header can carry it: UTF-8 as bytes of latin1, and a blank for each control character, so that no value can
 * end its line.
 */
export function toHeaderValue(text: string): string {
  if (VALUE.test(text) && !/[\x80-\xff]/.test(text)) return text;
  return Buffer.from(text.replace(/[\0-\x1f\x7f]/g, ' '), 'utf8').toString('latin1');
}

/** Names that were found to be changeable, so that each is looked at once: nearly all are those of the config. */
const KNOWN_CHANGEABLE = { request: new Set<string>(), response: new Set<string>() };
const MAX_KNOWN = 4096;

/** Where unchanged headers are read: all lines of that name joined by `, `, or null. */
export interface HeaderSource {
  header(name: string): string | null;
}

/** How far changes had come at some moment. */
export interface SavedChanges {
  readonly hidden: readonly string[];
  readonly added: readonly string[];
}

/** Most names hold no underscore, and most hidden ones neither. */
function isHidden(hidden: readonly string[], name: string): boolean {
  if (hidden.length === 0) return false;
  if (hidden.includes(name)) return true;
  if (!name.includes('_') && !hidden.some((other) => other.includes('_'))) return false;
  const read = name.replaceAll('_', '-');
  return hidden.some((other) => other.replaceAll('_', '-') === read);
}

/** The header as those changes leave it. @param changes null: none @param source null: the message has not arrived yet */
export function valueWith(changes: SavedChanges | null, source: HeaderSource | null, name: string): string | null {
  if (changes === null) return source?.header(name) ?? null;
  const { hidden, added } = changes;
  let joined = isHidden(hidden, name) ? null : (source?.header(name) ?? null);
  for (let i = 0; i < added.length; i += 2) {
    if (added[i] === name) joined = joined === null ? added[i + 1]! : `${joined}, ${added[i + 1]}`;
  }
  return joined;
}

/**
 * What policies change about the headers of one message. The message itself is not copied: whoever renders it leaves out
 * what is hidden and adds what was added.
 */
export class HeaderChanges {
  readonly #message: 'request' | 'response';
  #source: HeaderSource | null;
  /** Lower-case names whose original lines are left out. */
  readonly #hidden: string[] = [];
  /** Lower-case names and values alternate. */
  readonly #added: string[] = [];

  /** @param source null: the message has not arrived yet */
  constructor(message: 'request' | 'response', source: HeaderSource | null) {
    this.#message = message;
    this.#source = source;
  }

  /** The message has arrived: from now on `get` sees its headers. */
  arrive(source: HeaderSource): void {
    this.#source = source;
  }

  get hidden(): readonly string[] {
    return this.#hidden;
  }

  get added(): readonly string[] {
    return this.#added;
  }

  /** The header as the receiver will see it, several lines joined by `, `; null: not at all. */
  get(name: string): string | null {
    return valueWith(this, this.#source, name);
  }

  /** What has been changed so far, for `restore`. */
  save(): SavedChanges {
    return { hidden: [...this.#hidden], added: [...this.#added] };
  }

  /** Takes back whatever was changed since. @param saved null: everything */
  restore(saved: SavedChanges | null): void {
    this.#hidden.splice(0, this.#hidden.length, ...(saved?.hidden ?? []));
    this.#added.splice(0, this.#added.length, ...(saved?.added ?? []));
  }

  /** Whether the original lines of this name are left out, also in the spelling that CGI and its heirs take for the same. */
  hides(name: string): boolean {
    return isHidden(this.#hidden, name);
  }

  /**
   * Replaces every line of this name by one.
   *
   * @param name in lower case
   * @throws TypeError for a header the gateway owns, or text that cannot stand in a header
   */
  set(name: string, value: string): void {
    this.#check(name);
    this.#takeAway(name);
    this.#put(name, value);
  }

  /** Adds a line. @throws as `set` */
  add(name: string, value: string): void {
    this.#check(name);
    this.#put(name, value);
  }

  /** Takes away every line of this name, the client's and those added so far. @throws as `set` */
  remove(name: string): void {
    this.#check(name);
    this.#takeAway(name);
  }

  #put(name: string, value: string): void {
    if (!VALUE.test(value)) throw new TypeError(`the value for header ${name} holds what no header can carry`);
    this.#added.push(name, value);
  }

  #takeAway(name: string): void {
    if (!this.#hidden.includes(name)) this.#hidden.push(name);
    for (let i = this.#added.length - 2; i >= 0; i -= 2) {
      if (this.#added[i] === name) this.#added.splice(i, 2);
    }
  }

  /**
   * As `remove` of each name and `add` of each line, for what was checked when it was made: names that `whyNotChangeable` has
   * nothing against, values that `toHeaderValue` returned.
   *
   * @param lines names and values alternate; every name is one of `names`
   */
  replaceChecked(names: readonly string[], lines: readonly string[]): void {
    for (const name of names) this.#takeAway(name);
    for (let i = 0; i < lines.length; i++) this.#added.push(lines[i]!);
  }

  #check(name: string): void {
    const known = KNOWN_CHANGEABLE[this.#message];
    if (known.has(name)) return;
    const problem = whyNotChangeable(this.#message, name);
    if (problem !== null) throw new TypeError(`${this.#message} header ${JSON.stringify(name)} ${problem}`);
    if (known.size < MAX_KNOWN) known.add(name);
  }
}
