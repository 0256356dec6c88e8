import type { ValidatedOperation } from './options.ts';

export interface FoundOperation {
  readonly operation: ValidatedOperation;
  /** Decoded values of the path's parameters. */
  readonly path: ReadonlyMap<string, string>;
}

interface Entry {
  readonly operation: ValidatedOperation;
  /** A literal segment, or what stands around a parameter in it. */
  readonly segments: readonly (string | { readonly before: string; readonly name: string; readonly after: string })[];
}

const NO_VALUES: ReadonlyMap<string, string> = new Map();

/** Operations by method and number of segments; those with literals before those with parameters (OpenAPI 3.1, section 4.8.8.2). */
export class OperationIndex {
  readonly #basePath: string;
  readonly #entries = new Map<string, Entry[]>();
  readonly #only: Entry | null;

  constructor(operations: readonly ValidatedOperation[], basePath: string) {
    this.#basePath = basePath;
    const entries = operations.map((operation) => ({ operation, segments: operation.path.split('/').map(segmentOf) }));
    this.#only = entries.find(({ operation }) => operation.method === null) ?? null;
    for (const { operation, segments } of entries) {
      const key = `${operation.method} ${segments.length}`;
      const list = this.#entries.get(key) ?? [];
      list.push({ operation, segments });
      this.#entries.set(key, list);
    }
    for (const list of this.#entries.values()) list.sort((a, b) => rank(a).localeCompare(rank(b)));
  }

  find(method: string, path: string): FoundOperation | null {
    if (this.#only !== null) {
      // Whatever stands before it in the paths of this route.
      const { operation, segments } = this.#only;
      const tail = [
        '',
        ...path
          .split('/')
          .slice(1)
          .slice(1 - segments.length),
      ];
      return { operation, path: (tail.length === segments.length ? match(segments, tail) : null) ?? NO_VALUES };
    }
    if (!path.startsWith(this.#basePath)) return null;
    const parts = path.slice(this.#basePath.length).split('/');
    const entries = this.#entries.get(`${method} ${parts.length}`) ?? [];
    const found = firstMatch(entries, parts);
    // What a GET would be answered is what a HEAD asks about (RFC 9110, section 9.3.2).
    if (found !== null || method !== 'HEAD') return found;
    return firstMatch(this.#entries.get(`GET ${parts.length}`) ?? [], parts);
  }
}

function firstMatch(entries: readonly Entry[], parts: readonly string[]): FoundOperation | null {
  for (const { operation, segments } of entries) {
    const values = match(segments, parts);
    if (values !== null) return { operation, path: values };
  }
  return null;
}

function segmentOf(text: string): Entry['segments'][number] {
  const match = /^([^{}]*)\{([^{}]+)\}(.*)$/.exec(text);
  return match === null ? text : { before: match[1]!, name: match[2]!, after: match[3]!.replace(/\{.*$/, '') };
}

/** Sorts literals first, from the left. */
function rank({ segments }: Entry): string {
  return segments
    .map((segment) => (typeof segment === 'string' ? '0' : segment.before + segment.after === '' ? '2' : '1'))
    .join('');
}

function match(segments: Entry['segments'], parts: readonly string[]): Map<string, string> | null {
  let values: Map<string, string> | null = null;
  for (const [at, segment] of segments.entries()) {
    const part = decoded(parts[at]!);
    if (typeof segment === 'string') {
      if (segment !== part) return null;
      continue;
    }
    const { before, name, after } = segment;
    const end = part.length - after.length;
    if (end <= before.length || !part.startsWith(before) || !part.endsWith(after)) return null;
    values ??= new Map();
    values.set(name, part.slice(before.length, end));
  }
  return values ?? new Map();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
