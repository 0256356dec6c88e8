/**
 * W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/): how a trace goes on from one process to the next.
 *
 *   traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *                |  trace-id                         parent-id        `- flags: bit 0 is "sampled"
 *                `- version
 *
 * What is not exactly that is taken for absent, and the trace begins anew: a half-understood id would join traces that have
 * nothing to do with each other.
 */

/** Who asked, as the request says. */
export interface TraceParent {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits: the caller's span. */
  readonly parentId: string;
  readonly sampled: boolean;
}

/** A version to come may go on behind another dash (section 4.1.4 of the recommendation). */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
const SAMPLED = 1;

/** Reads a traceparent header. @param value all its lines, joined by `, `: two of them are no traceparent. @returns null: not one */
export function parseTraceparent(value: string): TraceParent | null {
  const parts = TRACEPARENT.exec(value);
  if (parts === null) return null;
  const [, version, traceId, parentId, flags, rest] = parts;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (traceId === ZERO_TRACE || parentId === ZERO_SPAN) return null;
  return { traceId: traceId!, parentId: parentId!, sampled: (Number.parseInt(flags!, 16) & SAMPLED) !== 0 };
}

/** A traceparent of version 00. Flags that level 1 does not define are zero. */
export function renderTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

const MOST_MEMBERS = 32;
/** What the recommendation wants propagated at least (section 3.3.1.5), and what is propagated here at most. */
const MOST_CHARACTERS = 512;
/** Members longer than this go first when something has to (same section). */
const LONG_MEMBER = 128;

const SIMPLE_KEY = '[a-z][a-z0-9_*/-]{0,255}';
const TENANT_KEY = '[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}';
/** Printable ASCII but comma and equals sign, not ending in a blank. */
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const MEMBER = new RegExp(`^(${SIMPLE_KEY}|${TENANT_KEY})=${VALUE}$`);
const BLANKS_AROUND = /^[ \t]+|[ \t]+$/g;

/**
 * What of a tracestate goes on: all of it, or as much as there is room for; nothing when any of it is malformed.
 *
 * @param value all lines of the header, joined by commas
 * @returns null: there is nothing to send
 */
export function continueTracestate(value: string): string | null {
  const members: string[] = [];
  const keys = new Set<string>();
  for (const part of value.split(',')) {
    const member = part.replace(BLANKS_AROUND, '');
    if (member === '') continue;
    const key = MEMBER.exec(member)?.[1];
    if (key === undefined || keys.has(key) || members.length === MOST_MEMBERS) return null;
    keys.add(key);
    members.push(member);
  }
  return members.length === 0 ? null : fitted(members);
}

/** The newest members come first, so that the oldest are given up. */
function fitted(members: readonly string[]): string | null {
  const all = members.join(',');
  if (all.length <= MOST_CHARACTERS) return all;
  const kept = members.filter(({ length }) => length <= LONG_MEMBER);
  while (kept.join(',').length > MOST_CHARACTERS) kept.pop();
  return kept.length === 0 ? null : kept.join(',');
}
