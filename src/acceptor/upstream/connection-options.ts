import { isKeptEvenIfNamed, KIND } from './header-kinds.ts';
import type { HeaderLines } from './header-lines.ts';
import { COMMA, isBlank, sameToken, spells } from './octets.ts';

/** What the Connection and Keep-Alive headers of a response say. */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  /** `Keep-Alive: timeout=n` in milliseconds; -1: none. */
  idleHintMs: number;
}

/**
 * Reads every Connection and Keep-Alive line, and marks the headers that Connection names as dropped.
 */
export function readConnectionOptions(bytes: Buffer, lines: HeaderLines, into: ConnectionOptions): void {
  into.close = false;
  into.keepAlive = false;
  into.idleHintMs = -1;
  for (let i = 0; i < lines.count; i++) {
    const kind = lines.kind(i);
    if (kind === KIND.connection) readTokens(bytes, lines, i, into);
    else if (kind === KIND.keepAlive) {
      into.idleHintMs = parseIdleHint(bytes.toString('latin1', lines.valueStart(i), lines.valueEnd(i)));
    }
  }
}

function readTokens(bytes: Buffer, lines: HeaderLines, index: number, into: ConnectionOptions): void {
  const end = lines.valueEnd(index);
  let at = lines.valueStart(index);
  while (at < end) {
    const start = at;
    while (at < end && bytes[at] !== COMMA) at++;
    readToken(bytes, lines, start, at, into);
    at++;
  }
}

function readToken(bytes: Buffer, lines: HeaderLines, from: number, to: number, into: ConnectionOptions): void {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  if (spells(bytes, start, end, 'close')) into.close = true;
  else if (spells(bytes, start, end, 'keep-alive')) into.keepAlive = true;
  else if (!isKeptEvenIfNamed(bytes, start, end)) dropNamed(bytes, lines, start, end);
}

function dropNamed(bytes: Buffer, lines: HeaderLines, start: number, end: number): void {
  for (let i = 0; i < lines.count; i++) {
    if (lines.kind(i) !== KIND.endToEnd) continue;
    if (sameToken(bytes, start, end, lines.nameStart(i), lines.nameEnd(i))) lines.setKind(i, KIND.dropped);
  }
}

/** `timeout=5, max=100` gives 5000; a value that makes no sense is no hint. */
function parseIdleHint(value: string): number {
  const match = /(?:^|[\s,])timeout=([0-9]{1,9})(?=$|[\s,])/i.exec(value);
  return match === null ? -1 : Number(match[1]) * 1000;
}
