import type { JsonPath } from './json-path.ts';
import { isText, type JsonNode, JsonObject, parseJson, textOf } from './json-tree.ts';

/** One change to a body. Plain data. */
export type TransformStep =
  | { readonly kind: 'pick' | 'drop'; readonly paths: readonly JsonPath[] }
  | { readonly kind: 'rename'; readonly path: JsonPath; readonly to: string }
  | { readonly kind: 'set'; readonly path: JsonPath; readonly json: string }
  | { readonly kind: 'mask'; readonly paths: readonly JsonPath[]; readonly keepLast: number; readonly with: string };

type Parent = JsonNode[] | JsonObject;

/** Carries steps out in their order. @returns the body's new root; the tree given is used up */
export function applySteps(root: JsonNode, steps: readonly TransformStep[]): JsonNode {
  let node = root;
  for (const step of steps) node = applyStep(node, step);
  return node;
}

function applyStep(root: JsonNode, step: TransformStep): JsonNode {
  switch (step.kind) {
    case 'pick':
      return pick(root, step.paths, 0) ?? emptyLike(root);
    case 'drop':
      for (const path of step.paths) atEach(root, path, 0, remove);
      return root;
    case 'rename':
      atEach(root, step.path, 0, (parent, at) => rename(parent as JsonObject, at, step.to));
      return root;
    case 'mask':
      for (const path of step.paths)
        atEach(root, path, 0, (parent, at) => replace(parent, at, masked(childAt(parent, at), step)));
      return root;
    case 'set':
      setAt(root, step.path, 0, step.json);
      return root;
    default:
      return step satisfies never;
  }
}

/** What is left when only these places stay; undefined: nothing of it. A list closes up: what was third may become first. */
function pick(node: JsonNode, paths: readonly JsonPath[], level: number): JsonNode | undefined {
  if (paths.some((path) => path.length === level)) return node;
  if (typeof node === 'string') return undefined;
  if (Array.isArray(node)) {
    const kept: JsonNode[] = [];
    for (let i = 0; i < node.length; i++) {
      const inside = paths.filter((path) => path[level] === null || path[level] === i);
      const child = inside.length === 0 ? undefined : pick(node[i]!, inside, level + 1);
      if (child !== undefined) kept.push(child);
    }
    return kept;
  }
  const kept = new JsonObject();
  for (let i = 0; i < node.names.length; i++) {
    const inside = paths.filter((path) => path[level] === null || path[level] === node.names[i]);
    const child = inside.length === 0 ? undefined : pick(node.values[i]!, inside, level + 1);
    if (child !== undefined) kept.add(node.names[i]!, child);
  }
  return kept;
}

function emptyLike(node: JsonNode): JsonNode {
  return typeof node === 'string' ? 'null' : Array.isArray(node) ? [] : new JsonObject();
}

/** Acts on every place a path leads to, the last of a list first, so that places may be taken away. */
function atEach(node: JsonNode, path: JsonPath, level: number, act: (parent: Parent, at: number) => void): void {
  if (typeof node === 'string') return;
  const step = path[level]!;
  const count = Array.isArray(node) ? node.length : node.values.length;
  const visit = (at: number): void => {
    if (level === path.length - 1) act(node, at);
    else atEach(childAt(node, at), path, level + 1, act);
  };
  if (step === null) {
    for (let at = count - 1; at >= 0; at--) visit(at);
  } else if (typeof step === 'number') {
    if (Array.isArray(node) && step < count) visit(step);
  } else if (!Array.isArray(node)) {
    const at = node.names.indexOf(step);
    if (at !== -1) visit(at);
  }
}

function childAt(parent: Parent, at: number): JsonNode {
  return Array.isArray(parent) ? parent[at]! : parent.values[at]!;
}

function replace(parent: Parent, at: number, value: JsonNode): void {
  if (Array.isArray(parent)) parent[at] = value;
  else parent.values[at] = value;
}

function remove(parent: Parent, at: number): void {
  if (Array.isArray(parent)) parent.splice(at, 1);
  else parent.removeAt(at);
}

/** A member that had the new name already gives way. */
function rename(object: JsonObject, at: number, to: string): void {
  const other = object.names.indexOf(to);
  object.names[at] = to;
  if (other !== -1 && other !== at) object.removeAt(other);
}

/** Sets a member or an element that is there, making the objects on the way that are not. */
function setAt(node: JsonNode, path: JsonPath, level: number, json: string): void {
  if (typeof node === 'string') return;
  const step = path[level]!;
  const isLast = level === path.length - 1;
  if (typeof step !== 'string') {
    const act = (parent: Parent, at: number): void =>
      isLast ? replace(parent, at, parseJson(json)) : setAt(childAt(parent, at), path, level + 1, json);
    atEach(node, [step], 0, act);
  } else if (!Array.isArray(node)) {
    if (isLast) {
      node.set(step, parseJson(json));
      return;
    }
    if (node.get(step) === undefined && typeof path[level + 1] === 'string') node.add(step, new JsonObject());
    const child = node.get(step);
    if (child !== undefined) setAt(child, path, level + 1, json);
  }
}

/**
 * What stands in a value's place. The end of a text or number is kept only where at least as much is hidden as is shown; of anything
 * else nothing is.
 */
function masked(
  node: JsonNode,
  { keepLast, with: mask }: { readonly keepLast: number; readonly with: string },
): string {
  const isScalar = typeof node === 'string' && (isText(node) || /^[-\d]/.test(node));
  if (!isScalar || keepLast === 0) return JSON.stringify(mask);
  const characters = [...(isText(node) ? textOf(node) : node)];
  const end = characters.length >= 2 * keepLast ? characters.slice(-keepLast).join('') : '';
  return JSON.stringify(mask + end);
}
