import type { Resource } from './resource.ts';

export interface FoundPath {
  /** By method. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly params: Readonly<Record<string, string>>;
}

interface Template {
  readonly segments: readonly string[];
  readonly resources: Map<string, Resource>;
}

/** Finds resources by path: exact ones first, then those with parameters. */
export class ResourceTable {
  readonly #exact = new Map<string, Map<string, Resource>>();
  readonly #templates: Template[] = [];

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) this.#resourcesAt(resource.path).set(resource.method, resource);
  }

  /** Null: there is nothing at this path. */
  find(path: string): FoundPath | null {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return { resources: exact, params: {} };
    const segments = path.split('/');
    for (const template of this.#templates) {
      const params = match(template.segments, segments);
      if (params !== null) return { resources: template.resources, params };
    }
    return null;
  }

  #resourcesAt(path: string): Map<string, Resource> {
    if (!path.includes('{')) {
      const resources = this.#exact.get(path) ?? new Map<string, Resource>();
      this.#exact.set(path, resources);
      return resources;
    }
    const segments = path.split('/');
    const known = this.#templates.find((template) => template.segments.join('/') === path);
    if (known !== undefined) return known.resources;
    const added = { segments, resources: new Map<string, Resource>() };
    this.#templates.push(added);
    return added.resources;
  }
}

/** Parameters are taken as they are written: none of those there are needs an escape. */
function match(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (template.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index]!;
    if (part.startsWith('{') && segment !== '') params[part.slice(1, -1)] = segment;
    else if (part !== segment) return null;
  }
  return params;
}
