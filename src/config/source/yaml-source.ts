/** YAML 1.2 text as a source. Aliases are followed, a bounded number of times; merge keys and custom tags are refused. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import { type ConfigPath, type Diagnostic, diagnosticAt, type Place } from '../diagnostics.ts';
import { FORBIDDEN_KEY, type Part, type Source, type SourceResult } from './source.ts';

/** How many nodes aliases may expand to, as `yaml` counts them: stops "a billion laughs". */
const MAX_ALIASES = 100;

export function parseYaml(file: string, text: string): SourceResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const placeAt = (offset: number): Place => toPlace(file, lines, offset);
  const diagnostics: Diagnostic[] = [...document.errors, ...document.warnings].map((problem) =>
    diagnosticAt(placeAt(problem.pos[0]), [], `not valid YAML: ${lowerFirst(problem.message)}`),
  );
  if (diagnostics.length === 0) diagnostics.push(...findForbiddenKeys(document, placeAt));
  if (diagnostics.length > 0) return { source: null, diagnostics };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { source: new YamlSource(file, document, lines, value), diagnostics: [] };
  } catch {
    // Syntax was checked above: what is left to fail is the expansion of aliases.
    const message = `aliases expand to too much, expected at most ${MAX_ALIASES} nodes and none that contains itself`;
    return { source: null, diagnostics: [diagnosticAt(placeAt(0), [], message)] };
  }
}

class YamlSource implements Source {
  readonly value: unknown;
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document.Parsed, lines: LineCounter, value: unknown) {
    this.value = value;
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  locate(path: ConfigPath, part: Part = 'value'): Place {
    let node: Node | null = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      const child = childOf(node, step);
      if (child === null) break;
      const wantsKey = part === 'key' && depth === path.length - 1;
      offset = (wantsKey ? child.key : startOf(child.node)) ?? child.key ?? offset;
      node = child.node;
    }
    return toPlace(this.#file, this.#lines, offset);
  }
}

function childOf(node: Node | null, step: string | number): { node: Node | null; key: number | null } | null {
  if (isSeq(node)) {
    const item = node.items[step as number] as Node | undefined;
    return item === undefined ? null : { node: item, key: startOf(item) };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
  return pair === undefined ? null : { node: (pair.value ?? null) as Node | null, key: startOf(pair.key as Node) };
}

function startOf(node: Node | null): number | null {
  const range = (node as ParsedNode | null)?.range;
  return range === null || range === undefined ? null : range[0];
}

function findForbiddenKeys(document: Document.Parsed, placeAt: (offset: number) => Place): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === FORBIDDEN_KEY) {
        found.push(
          diagnosticAt(placeAt(startOf(key) ?? 0), [], `"${FORBIDDEN_KEY}" cannot be a key, expected another`),
        );
      }
    },
  });
  return found;
}

function toPlace(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
