/** HTML and SVG as values: what is put into a template is text and is escaped, unless it is markup itself. */

export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Part = Markup | string | number | null | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Numbers keep two digits, which is a hundredth of a pixel where they are coordinates. */
function rendered(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'number') return String(Math.round(part * 100) / 100);
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => ESCAPES[character]);
  return part.map(rendered).join('');
}

/** Attributes must be quoted; null is nothing; a list is its parts one after the other. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + rendered(parts[index - 1]) + string));
}
