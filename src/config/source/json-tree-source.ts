/**
 * JSON text taken apart into a tree that keeps every place. Slow beside `json-source.ts`, which takes it for what has mistakes
 * and for the few places that messages name.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { LineCounter } from 'yaml';
import { type ConfigPath, type Diagnostic, diagnosticAt, type Place } from '../diagnostics.ts';
import { FORBIDDEN_KEY, type Part, type Source, type SourceResult } from './source.ts';

const OPTIONS = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/** Every mistake, each at its place. */
export function parseJsonTree(file: string, text: string): SourceResult {
  const lines = countLines(text);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, OPTIONS);
  const placeAt = (offset: number): Place => toPlace(file, lines, offset);
  const diagnostics = errors.map((error) =>
    diagnosticAt(placeAt(error.offset), [], `not valid JSON: ${describeError(error)}`),
  );
  if (root === undefined || diagnostics.length > 0) return { source: null, diagnostics };
  const value = toValue(root, placeAt, diagnostics);
  if (diagnostics.length > 0) return { source: null, diagnostics };
  return { source: new JsonTreeSource(file, root, lines, value), diagnostics: [] };
}

/** Where the values of a text without mistakes stand. */
export class JsonOffsets {
  readonly #root: Node;

  constructor(text: string) {
    this.#root = parseTree(text, [], OPTIONS)!;
  }

  /** Offset of a value, or of its key; of its nearest ancestor when it is not there. */
  find(path: ConfigPath, part: Part): number {
    return offsetOf(this.#root, path, part);
  }
}

class JsonTreeSource implements Source {
  readonly value: unknown;
  readonly #file: string;
  readonly #root: Node;
  readonly #lines: LineCounter;

  constructor(file: string, root: Node, lines: LineCounter, value: unknown) {
    this.value = value;
    this.#file = file;
    this.#root = root;
    this.#lines = lines;
  }

  locate(path: ConfigPath, part: Part = 'value'): Place {
    return toPlace(this.#file, this.#lines, offsetOf(this.#root, path, part));
  }
}

function offsetOf(root: Node, path: ConfigPath, part: Part): number {
  let node = root;
  let offset = node.offset;
  for (const [depth, step] of path.entries()) {
    const child = childOf(node, step);
    if (child === null) break;
    const wantsKey = part === 'key' && depth === path.length - 1;
    offset = wantsKey ? child.key : child.node.offset;
    node = child.node;
  }
  return offset;
}

function childOf(node: Node, step: string | number): { node: Node; key: number } | null {
  if (node.type === 'array') {
    const item = node.children?.[step as number];
    return item === undefined ? null : { node: item, key: item.offset };
  }
  if (node.type !== 'object') return null;
  const property = node.children?.find((candidate) => candidate.children?.[0]?.value === step);
  const value = property?.children?.[1];
  return property === undefined || value === undefined ? null : { node: value, key: property.offset };
}

function toValue(node: Node, placeAt: (offset: number) => Place, diagnostics: Diagnostic[]): unknown {
  if (node.type === 'array') return (node.children ?? []).map((item) => toValue(item, placeAt, diagnostics));
  if (node.type !== 'object') return node.value;
  const seen = new Map<string, Node>();
  const value: Record<string, unknown> = {};
  for (const { children } of node.children ?? []) {
    const [key, item] = children as [Node, Node];
    const name = key.value as string;
    const earlier = seen.get(name);
    if (name === FORBIDDEN_KEY) {
      diagnostics.push(diagnosticAt(placeAt(key.offset), [], `"${FORBIDDEN_KEY}" cannot be a key, expected another`));
    } else if (earlier !== undefined) {
      const { line, column } = placeAt(earlier.offset);
      const message = `${JSON.stringify(name)} stands twice, expected each key once (first at ${line}:${column})`;
      diagnostics.push(diagnosticAt(placeAt(key.offset), [], message));
    } else {
      seen.set(name, key);
      value[name] = toValue(item, placeAt, diagnostics);
    }
  }
  return value;
}

/** `PropertyNameExpected` as `property name expected`. */
function describeError(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function toPlace(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}
