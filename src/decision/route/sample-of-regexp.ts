import { normalisePath } from '../normalise-path.ts';
import { compileLinearRegExp } from './linear-regexp.ts';

/**
 * A path in which a regular expression is found, or null when none can be made. Reads the common forms - literals, escapes,
 * classes, groups, alternatives, quantifiers - and tries what it made on the expression itself, so that what it misreads is
 * no example rather than a wrong one.
 */
export function sampleOfRegExp(source: string): string | null {
  const made = new SampleMaker(source).make();
  if (made === null) return null;
  const path = made.startsWith('/') ? made : `/${made}`;
  const isPath = normalisePath(path, { encodedSlash: 'keep', emptySegments: 'keep' }) === path;
  return isPath && compileLinearRegExp(source).test(path) ? path : null;
}

const CLASSES: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'a', W: '-', S: 'a', b: '', B: '' };

class SampleMaker {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  make(): string | null {
    const text = this.#alternatives();
    return this.#at === this.#source.length ? text : null;
  }

  /** The first alternative; the others are read over. */
  #alternatives(): string | null {
    const first = this.#sequence();
    while (this.#source[this.#at] === '|') {
      this.#at++;
      this.#sequence();
    }
    return first;
  }

  #sequence(): string | null {
    let text: string | null = '';
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      const piece = this.#piece();
      if (piece === null || text === null) text = null;
      else text += piece.repeat(this.#least());
    }
    return text;
  }

  #piece(): string | null {
    const character = this.#source[this.#at++]!;
    if (character === '^' || character === '$') return '';
    if (character === '.') return 'a';
    if (character === '\\') return this.#escape();
    if (character === '[') return this.#class();
    if (character !== '(') return character;
    const kind = /^\?(?::|<[A-Za-z]\w*>)?/.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += kind.length;
    const inner = this.#alternatives();
    this.#at++;
    return inner;
  }

  #escape(): string {
    const character = this.#source[this.#at++] ?? '';
    return CLASSES[character] ?? character;
  }

  /** The first member of a class; for a negated one a letter or digit that is not in it. */
  #class(): string | null {
    const [whole, negated, members] = /^(\^?)((?:\\.|[^\]\\])*)\]/.exec(this.#source.slice(this.#at)) ?? [];
    if (whole === undefined) return null;
    this.#at += whole.length;
    if (negated === '^') {
      const excluded = new RegExp(`[${members}]`);
      return [...'a1-_~AZ9'].find((candidate) => !excluded.test(candidate)) ?? null;
    }
    return members!.startsWith('\\') ? (CLASSES[members![1]!] ?? members![1]!) : (members![0] ?? null);
  }

  /** How often the piece before stands at least; once for `*`, so that an example shows what is meant. */
  #least(): number {
    const quantifier = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at));
    if (quantifier === null) return 1;
    this.#at += quantifier[0].length;
    return quantifier[1] === undefined ? 1 : Number(quantifier[1]);
  }
}
