/**
 * Where a request may carry an API key. Each place finds the key and takes it away, in every spelling in which an upstream could
 * read it there, so that what authenticates a client to the gateway goes no further.
 */
import type { Decision } from '../decision.ts';

/** The place holds several keys, or what stands there cannot be read. */
export const UNREADABLE = Symbol('unreadable');

export interface KeyPlace {
  /** @returns null: there is none */
  find(decision: Decision): string | null | typeof UNREADABLE;
  /** Called only when something was found. */
  remove(decision: Decision): void;
}

export function headerPlace(name: string): KeyPlace {
  return {
    find({ request: { headers } }) {
      let found: string | null = null;
      for (let i = 0; i < headers.length; i += 2) {
        if (headers[i] !== name) continue;
        if (found !== null) return UNREADABLE;
        found = headers[i + 1]!;
      }
      return found === null || found === '' ? null : fromLatin1(found);
    },
    remove: (decision) => decision.requestHeaders.remove(name),
  };
}

export function queryPlace(name: string): KeyPlace {
  return {
    find(decision) {
      const { query } = decision;
      if (query === null || query === '') return null;
      let found: string | null = null;
      for (const pair of query.split('&')) {
        if (nameOf(pair) !== name) continue;
        if (found !== null) return UNREADABLE;
        found = pair;
      }
      if (found === null) return null;
      const mark = found.indexOf('=');
      const value = mark === -1 ? '' : decode(found.slice(mark + 1));
      return value === null ? UNREADABLE : value === '' ? null : value;
    },
    remove(decision) {
      const { query } = decision;
      if (query === null) return;
      const pairs = query.split('&');
      const kept = pairs.filter((pair) => nameOf(pair) !== name);
      if (kept.length === pairs.length) return;
      decision.target = { path: decision.forwardedPath, query: kept.length === 0 ? null : kept.join('&') };
    },
  };
}

export function cookiePlace(name: string): KeyPlace {
  return {
    find(decision) {
      let found: string | null = null;
      for (const line of cookieLines(decision)) {
        for (const pair of line.split(';')) {
          if (cookieName(pair) !== name) continue;
          if (found !== null) return UNREADABLE;
          found = cookieValue(pair);
        }
      }
      return found === null || found === '' ? null : fromLatin1(found);
    },
    remove(decision) {
      const pairs = cookieLines(decision).flatMap((line) => line.split(';'));
      const kept = pairs.filter((pair) => cookieName(pair) !== name);
      if (kept.length === pairs.length) return;
      const text = kept.map((pair) => pair.trim()).filter((pair) => pair !== '');
      if (text.length === 0) decision.requestHeaders.remove('cookie');
      else decision.requestHeaders.set('cookie', text.join('; '));
    },
  };
}

/** What is sent is bytes; keys in a config are text. */
function fromLatin1(value: string): string {
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

/** An escape that is none stays as it is: what cannot be the name as an upstream reads it need not be taken away. */
function nameOf(pair: string): string {
  const mark = pair.indexOf('=');
  const name = mark === -1 ? pair : pair.slice(0, mark);
  if (!name.includes('%') && !name.includes('+')) return name;
  return decodeEach(name);
}

/** The whole text decoded as forms are (WHATWG URL, section 5.1); null when an escape in it is none. */
function decode(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** Each escape by itself, so that a broken one hides no other. */
function decodeEach(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Lines as the client sent them, or the one that a policy made of them. */
function cookieLines(decision: Decision): readonly string[] {
  const changes = decision.requestHeaderChanges;
  if (changes?.hides('cookie')) {
    const line = changes.get('cookie');
    return line === null ? [] : [line];
  }
  const { headers } = decision.request;
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === 'cookie') lines.push(headers[i + 1]!);
  }
  return lines;
}

function cookieName(pair: string): string {
  const mark = pair.indexOf('=');
  return mark === -1 ? '' : pair.slice(0, mark).trim();
}

/** Some clients quote values (RFC 6265, section 4.1.1). */
function cookieValue(pair: string): string {
  const value = pair.slice(pair.indexOf('=') + 1).trim();
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
