/**
 * `${env:NAME}` and `${file:/path}` in string values, replaced before the schema sees them.
 *
 * The source keeps the text as written, and messages quote the source alone: what a reference stands for is never
 * printed. `$${` is a plain `${`. A file's text loses one line break at its end, as editors put one there.
 *
 * Options of policies that take values of the request (`${client.ip}`, see decision/value-template.ts) keep them, and escapes of
 * them, for the policy to read.
 */
import { dirname, resolve } from 'node:path';
import { isValueName } from '../decision/value-template.ts';
import { type ConfigPath, type Diagnostic, diagnosticAt } from './diagnostics.ts';
import type { KnownRoute } from './known-routes.ts';
import { describeReadError, readRegularFile } from './source/read-source.ts';
import { isRecord, type Source } from './source/source.ts';

/** The environment handed in, so that tests and other machines' configs need not touch the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Gives a text in the place of a reference that leads nowhere on this machine, where a config is only looked at.
 *
 * @param reference as written: `${env:NAME}`
 */
export type StandIn = (reference: string) => string;

const FORMS = `\${env:NAME} or \${file:/path}`;

/** Policies whose options are templates. */
const WITH_TEMPLATES: readonly unknown[] = ['headers', 'rewrite', 'redirect'];

/** An escape (with what would be a value), a whole reference, or the beginning of one that does not end. */
const REFERENCE = /\$\$\{(?=([a-z]+(?:\.[^{}]*)?)\})|\$\$\{|\$\{([^}]*)\}|\$\{/g;

export interface ReferenceOptions {
  /** The source's routes, as far as they were seen before. */
  readonly known?: readonly KnownRoute[];
  /** Null: a reference that leads nowhere is an error. */
  readonly standIn?: StandIn | null;
}

/** The source's value with every reference replaced; a reference that cannot be is a diagnostic at its place. */
export function resolveReferences(
  source: Source,
  environment: Environment,
  { known = [], standIn = null }: ReferenceOptions = {},
): { value: unknown; diagnostics: Diagnostic[]; files: ReadonlySet<string> } {
  const resolver = new Resolver(source, environment, known, standIn);
  const value = resolver.resolve(source.value);
  return { value, diagnostics: resolver.diagnostics, files: resolver.files };
}

class Resolver {
  readonly diagnostics: Diagnostic[] = [];
  /** That were referred to, those included that could not be read. */
  readonly files = new Set<string>();
  readonly #source: Source;
  readonly #environment: Environment;
  readonly #known: readonly KnownRoute[];
  readonly #standIn: StandIn | null;
  /** Where the walk stands; copied only for a diagnostic. */
  readonly #path: (string | number)[] = [];

  /** The maps and lists that the value being looked at stands in: an alias among them would never end. */
  readonly #above = new Set<object>();

  constructor(source: Source, environment: Environment, known: readonly KnownRoute[], standIn: StandIn | null) {
    this.#source = source;
    this.#environment = environment;
    this.#known = known;
    this.#standIn = standIn;
  }

  /** Returns the value itself where nothing in it is a reference. */
  resolve(value: unknown): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#resolveText(value) : value;
    if (Array.isArray(value)) return this.#resolveEach(value, value.keys(), () => value.slice());
    if (isRecord(value)) return this.#resolveEach(value, Object.keys(value), () => ({ ...value }));
    return value;
  }

  #resolveEach(container: object, steps: Iterable<string | number>, copy: () => object): unknown {
    const items = container as Record<string | number, unknown>;
    if (this.#above.has(container)) return this.#refuseCycle();
    this.#above.add(container);
    let result: Record<string | number, unknown> | null = null;
    for (const step of steps) {
      this.#path.push(step);
      const resolved = this.#isRoute() ? this.#resolveRoute(items[step], step as number) : this.resolve(items[step]);
      this.#path.pop();
      if (resolved === items[step]) continue;
      result ??= copy() as Record<string | number, unknown>;
      result[step] = resolved;
    }
    this.#above.delete(container);
    return result ?? container;
  }

  #isRoute(): boolean {
    return this.#path.length === 2 && this.#path[0] === 'routes' && typeof this.#path[1] === 'number';
  }

  #resolveRoute(value: unknown, index: number): unknown {
    const known = this.#known[index];
    if (known === undefined) return this.resolve(value);
    known.isPlain ||= isPlain(value, MOST_PLAIN_LEVELS);
    return known.isPlain ? value : known.recall(this.resolve(value));
  }

  #refuseCycle(): null {
    const path: ConfigPath = [...this.#path];
    this.diagnostics.push(
      diagnosticAt(
        this.#source.locate(path),
        path,
        'an alias that stands inside what it names, expected one of something else',
      ),
    );
    return null;
  }

  #resolveText(text: string): string {
    const isTemplate = this.#isTemplate();
    return text.replace(REFERENCE, (whole: string, escaped: string | undefined, reference: string | undefined) => {
      if (whole === '$${') return isTemplate && escaped !== undefined ? whole : '${';
      if (reference === undefined) return this.#refuse(whole, `has no closing brace, expected ${FORMS}`);
      if (reference.startsWith('env:')) return this.#fromEnvironment(whole, reference.slice(4));
      if (reference.startsWith('file:')) return this.#fromFile(whole, reference.slice(5));
      if (isTemplate && isValueName(reference)) return whole;
      return this.#refuse(whole, `is no reference, expected ${FORMS}, or $\${ for a plain \${`);
    });
  }

  /** `policies.NAME[0].headers...` or `routes[0].policies[0].headers...`. */
  #isTemplate(): boolean {
    const [section] = this.#path;
    if (section === 'policies') return WITH_TEMPLATES.includes(this.#path[3]);
    return section === 'routes' && this.#path[2] === 'policies' && WITH_TEMPLATES.includes(this.#path[4]);
  }

  #fromEnvironment(whole: string, name: string): string {
    const value = this.#environment[name];
    return (
      value ??
      this.#standIn?.(whole) ??
      this.#refuse(whole, `refers to a variable that is not set, expected ${name || 'a name'} in the environment`)
    );
  }

  #fromFile(whole: string, path: string): string {
    const file = resolve(dirname(this.#source.locate(this.#path).file), path);
    this.files.add(file);
    try {
      return readRegularFile(file)
        .toString('utf8')
        .replace(/\r?\n$/, '');
    } catch (error) {
      const problem = `refers to a file that cannot be used: ${describeReadError(error)}`;
      return this.#standIn?.(whole) ?? this.#refuse(whole, problem);
    }
  }

  #refuse(whole: string, problem: string): string {
    const path: ConfigPath = [...this.#path];
    this.diagnostics.push(diagnosticAt(this.#source.locate(path), path, `${whole} ${problem}`));
    return whole;
  }
}

/** Deeper, a value is walked with care: an alias of YAML may stand inside what it names. */
const MOST_PLAIN_LEVELS = 10;

/** Whether a value holds nothing that could be a reference. False where it is not known. */
function isPlain(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return !value.includes('${');
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}
