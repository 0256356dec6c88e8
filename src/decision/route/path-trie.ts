import type { RouteId } from '../../brand.ts';
import type { SegmentPattern } from './path-pattern.ts';

/** A node of the trie while it is built: one per segment. Maps and lists exist once something is in them. */
export class PathNode {
  literals: Map<string, PathNode> | null = null;
  parameter: PathNode | null = null;
  /** Routes whose path ends here. */
  terminal: RouteId[] | null = null;
  /** Routes whose path ends here or goes on. */
  prefix: RouteId[] | null = null;

  /** The child for one segment, made when it is not there. */
  child(segment: string | null): PathNode {
    if (segment === null) {
      this.parameter ??= new PathNode();
      return this.parameter;
    }
    this.literals ??= new Map();
    let child = this.literals.get(segment);
    if (child === undefined) {
      child = new PathNode();
      this.literals.set(segment, child);
    }
    return child;
  }

  add(pattern: SegmentPattern, route: RouteId): void {
    let node: PathNode = this;
    for (const segment of pattern.segments) node = node.child(segment);
    if (pattern.kind === 'prefix') {
      node.prefix ??= [];
      node.prefix.push(route);
    } else {
      node.terminal ??= [];
      node.terminal.push(route);
    }
  }

  /** The only way on from here, when no route ends here and the path cannot fork. */
  onlyChild(): readonly [segment: string | null, child: PathNode] | null {
    if (this.terminal !== null || this.prefix !== null) return null;
    if (this.parameter !== null) return this.literals === null ? [null, this.parameter] : null;
    if (this.literals === null || this.literals.size !== 1) return null;
    for (const only of this.literals) return only;
    return null;
  }
}
