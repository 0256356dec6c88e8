/**
 * Rules of `penstock replay --allow`:
 *
 *   rule       = total / clause *( "&&" clause )
 *   clause     = field ( "=" / "!=" / "=~" ) value         about each request that changes
 *   total      = count ( "<=" / "<" / "=" ) number [ "%" ] about all of them together
 *   value      = word / DQUOTE text DQUOTE
 *
 * `=~` takes a prefix, or behind `^` a regular expression that matches in linear time. `none` is what a request does not have.
 */
import { compileLinearRegExp } from '../../../decision/route/linear-regexp.ts';
import { CAUSES } from '../compare.ts';

export const FIELDS = [
  'status',
  'route',
  'upstream',
  'outcome',
  'code',
  'consumer',
  'cause',
  'method',
  'host',
  'path',
] as const;
export type RuleField = (typeof FIELDS)[number];

export const TOTALS = ['changed', 'refused', 'unrouted', 'undecidable'] as const;
export type RuleTotal = (typeof TOTALS)[number];

export interface RuleClause {
  readonly field: RuleField;
  readonly isNegated: boolean;
  test(value: string): boolean;
}

export type Rule =
  | { readonly kind: 'each'; readonly text: string; readonly clauses: readonly RuleClause[] }
  | {
      readonly kind: 'total';
      readonly text: string;
      readonly total: RuleTotal;
      readonly op: '<=' | '<' | '=';
      readonly bound: number;
      readonly isShare: boolean;
    };

/** A text that is no rule. The message has the column, from 1. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly column: number;

  constructor(column: number, message: string) {
    super(`column ${column}: ${message}`);
    this.column = column;
  }
}

const VALUES: Readonly<Partial<Record<RuleField, readonly string[]>>> = {
  outcome: ['forward', 'refuse', 'answer', 'none'],
  cause: CAUSES,
};
const NUMBER = /^(\d{1,15}(?:\.\d{1,6})?)(%?)$/;
const MOST_CHARACTERS = 2000;

/** @throws RuleError */
export function parseRule(text: string): Rule {
  if (text.length > MOST_CHARACTERS) throw new RuleError(MOST_CHARACTERS, `longer than ${MOST_CHARACTERS} characters`);
  const reader = new RuleReader(text);
  const name = reader.word('a field or a count');
  if ((TOTALS as readonly string[]).includes(name.text)) return parseTotal(reader, text, name.text as RuleTotal);
  const clauses = [parseClause(reader, name)];
  while (!reader.isAtEnd()) {
    reader.and();
    const next = reader.word('a field');
    if ((TOTALS as readonly string[]).includes(next.text))
      throw new RuleError(next.column, `${next.text} counts all requests, expected it in a rule of its own`);
    clauses.push(parseClause(reader, next));
  }
  return { kind: 'each', text, clauses };
}

interface Token {
  readonly text: string;
  readonly column: number;
}

function parseTotal(reader: RuleReader, text: string, total: RuleTotal): Rule {
  const op = reader.operator(['<=', '<', '=']);
  const value = reader.value();
  const [, number, percent] = NUMBER.exec(value.text) ?? [];
  if (number === undefined)
    throw new RuleError(value.column, `${JSON.stringify(value.text)} is no number, expected one like 10 or 0.1%`);
  if (!reader.isAtEnd()) throw new RuleError(reader.column, 'a count stands alone, expected the end of the rule');
  const isShare = percent === '%';
  const bound = isShare ? Number(number) / 100 : Number(number);
  return { kind: 'total', text, total, op, bound, isShare };
}

function parseClause(reader: RuleReader, { text, column }: Token): RuleClause {
  const field = FIELDS.find((name) => name === text);
  if (field === undefined) {
    const known = [...FIELDS, ...TOTALS].join(', ');
    throw new RuleError(column, `${JSON.stringify(text)} is not known, expected one of ${known}`);
  }
  const op = reader.operator(['!=', '=~', '=']);
  const value = reader.value();
  if (op === '=~') return { field, isNegated: false, test: matcher(value) };
  check(field, value);
  const wanted = value.text;
  return { field, isNegated: op === '!=', test: (given) => given === wanted };
}

function check(field: RuleField, { text, column }: Token): void {
  if (field === 'status' && text !== 'none' && !/^[1-9]\d\d$/.test(text))
    throw new RuleError(column, `${JSON.stringify(text)} is no status, expected one like 401, or none`);
  const known = VALUES[field];
  if (known !== undefined && !known.includes(text))
    throw new RuleError(column, `${JSON.stringify(text)} is no ${field}, expected ${known.join(', ')}`);
}

function matcher({ text, column }: Token): (value: string) => boolean {
  if (!text.startsWith('^')) {
    const prefix = text.endsWith('*') ? text.slice(0, -1) : text;
    return (value) => value.startsWith(prefix);
  }
  try {
    const expression = compileLinearRegExp(text);
    return (value) => expression.test(value);
  } catch (error) {
    throw new RuleError(column, (error as Error).message);
  }
}

/** Reads the text of a rule from left to right. */
class RuleReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Of what comes next, from 1. */
  get column(): number {
    this.#skipSpace();
    return this.#at + 1;
  }

  isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#text.length;
  }

  word(expected: string): Token {
    const { column } = this;
    const text = this.#take(/[A-Za-z]+/y);
    if (text === null) throw new RuleError(column, `${this.#found()}, expected ${expected}`);
    return { text, column };
  }

  /** @param known longer ones first */
  operator<Op extends string>(known: readonly Op[]): Op {
    const { column } = this;
    const op = known.find((one) => this.#text.startsWith(one, this.#at));
    if (op === undefined) throw new RuleError(column, `${this.#found()}, expected ${known.join(', ')}`);
    this.#at += op.length;
    return op;
  }

  and(): void {
    const { column } = this;
    if (this.#take(/&&/y) === null) throw new RuleError(column, `${this.#found()}, expected && or the end`);
  }

  value(): Token {
    const { column } = this;
    if (this.#text[this.#at] !== '"') {
      const text = this.#take(/(?:(?!&&)[^\s"])+/y);
      if (text === null) throw new RuleError(column, `${this.#found()}, expected a value`);
      return { text, column };
    }
    const end = this.#text.indexOf('"', this.#at + 1);
    if (end === -1) throw new RuleError(column, 'the quotation mark is never closed');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return { text, column };
  }

  #found(): string {
    return this.isAtEnd()
      ? 'the rule ends here'
      : `there is ${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))}`;
  }

  #take(pattern: RegExp): string | null {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#text) ?? [];
    if (text === undefined) return null;
    this.#at += text.length;
    return text;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
