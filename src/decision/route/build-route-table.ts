import type { RouteId } from '../../brand.ts';
import { ANY_METHOD, HEADER, HOST, MAX_METHODS, NODE, PARAMETER } from '../../shared-memory/route-table-layout.ts';
import { RouteTableWriter } from '../../shared-memory/route-table-writer.ts';
import { type PathPattern, parsePathPattern } from './path-pattern.ts';
import { PathNode } from './path-trie.ts';
import { compareSamePath } from './precedence.ts';
import type { RouteMatch } from './route-match.ts';

/**
 * Compiles route matches into the words that RouteTable walks; a route's number is its index. The bytes are four-byte
 * aligned and stay valid wherever they are copied to (aligned again).
 *
 * Throws a SyntaxError for a path that parsePathPattern refuses, and a RangeError when the routes name more than 31
 * different methods: a method is a bit in a word.
 *
 * @param patterns the paths of the matches, taken apart
 */
export function buildRouteTable(
  matches: readonly RouteMatch[],
  patterns: readonly PathPattern[] = matches.map(({ path }) => parsePathPattern(path)),
): Uint8Array {
  return new TableBuilder(matches, patterns).build();
}

/** What one host serves. */
interface HostRoutes {
  readonly paths: PathNode;
  /** Routes by the source of their regular expression, in the order of first appearance in the file. */
  readonly regexps: Map<string, RouteId[]>;
}

const PARAMETER_LABEL = String.fromCharCode(PARAMETER);

class TableBuilder {
  readonly #matches: readonly RouteMatch[];
  readonly #patterns: readonly PathPattern[];
  readonly #writer = new RouteTableWriter();
  readonly #methodBits = new Map<string, number>();
  /** By route. Read in the order of the file, in which the matches lie in memory, and not in that of the paths. */
  readonly #bits: Int32Array;
  readonly #hasConditions: Uint8Array;
  /** Offsets of conditions already written, by route: a route with several hosts has one copy. */
  readonly #conditions = new Map<RouteId, number>();

  constructor(matches: readonly RouteMatch[], patterns: readonly PathPattern[]) {
    this.#matches = matches;
    this.#patterns = patterns;
    this.#bits = Int32Array.from(matches, ({ methods }) => this.#bitsOf(methods));
    this.#hasConditions = Uint8Array.from(matches, ({ headers, query }) =>
      headers.length + query.length === 0 ? 0 : 1,
    );
  }

  build(): Uint8Array {
    const writer = this.#writer;
    const records = new Map<string, number>();
    for (const [host, routes] of this.#groupByHost()) records.set(host, this.#writeHost(host, routes));
    writer.setHeader(HEADER.ANY_HOST, records.get('') ?? 0);
    records.delete('');
    writer.hostSlots(records);
    writer.setHeader(HEADER.HAS_SUFFIXES, [...records.keys()].some((host) => host.startsWith('.')) ? 1 : 0);
    writer.setHeader(HEADER.METHODS, writer.list([...this.#methodBits.keys()].map((method) => writer.string(method))));
    writer.setHeader(HEADER.METHOD_COUNT, this.#methodBits.size);
    writer.setHeader(HEADER.ROUTES, writer.list(this.#patterns.map((pattern) => this.#writeParameters(pattern))));
    writer.setHeader(HEADER.ROUTE_COUNT, this.#matches.length);
    return writer.finish();
  }

  /** Hosts as the table names them: `''` for any host, `.example.com` for `*.example.com`. */
  #groupByHost(): Map<string, HostRoutes> {
    const hosts = new Map<string, HostRoutes>();
    this.#matches.forEach((match, index) => {
      const names = match.hosts.length === 0 ? [''] : match.hosts;
      for (const name of names.length === 1 ? names : new Set(names))
        this.#addToHost(hosts, name.startsWith('*.') ? name.slice(1) : name, index as RouteId);
    });
    return hosts;
  }

  #addToHost(hosts: Map<string, HostRoutes>, name: string, route: RouteId): void {
    let host = hosts.get(name);
    if (host === undefined) {
      host = { paths: new PathNode(), regexps: new Map() };
      hosts.set(name, host);
    }
    const pattern = this.#patterns[route];
    if (pattern.kind !== 'regexp') {
      host.paths.add(pattern, route);
    } else {
      const same = host.regexps.get(pattern.source);
      if (same === undefined) host.regexps.set(pattern.source, [route]);
      else same.push(route);
    }
  }

  #writeHost(name: string, routes: HostRoutes): number {
    const writer = this.#writer;
    const record = writer.hostRecord(name);
    writer.point(record, HOST.ROOT, this.#writeNode('', 0, routes.paths));
    if (routes.regexps.size > 0) {
      const entries = [...routes.regexps].flatMap(([source, same]) => [
        writer.string(source),
        this.#writeCandidates(same),
      ]);
      writer.point(record, HOST.REGEXPS, writer.list(entries, routes.regexps.size));
    }
    return record;
  }

  /** Writes a node, what ends at it, and then its children, so that a walk down the trie moves forward in memory. */
  #writeNode(label: string, depth: number, node: PathNode): number {
    const writer = this.#writer;
    const at = writer.node(label, depth, node.literals?.size ?? 0);
    if (node.terminal !== null) writer.point(at, NODE.TERMINAL, this.#writeCandidates(node.terminal));
    if (node.prefix !== null) writer.point(at, NODE.PREFIX, this.#writeCandidates(node.prefix));
    if (node.literals !== null) {
      for (const [segment, child] of node.literals) {
        const chain = followChain(segment, child);
        writer.addChild(at, chain.label, this.#writeNode(chain.label, depth + chain.segments, chain.end));
      }
    }
    if (node.parameter !== null) {
      const chain = followChain(PARAMETER_LABEL, node.parameter);
      writer.point(at, NODE.PARAMETER, this.#writeNode(chain.label, depth + chain.segments, chain.end));
    }
    return at;
  }

  #writeCandidates(routes: readonly RouteId[]): number {
    const best =
      routes.length === 1 ? routes : [...routes].sort((a, b) => compareSamePath(this.#matches[a], this.#matches[b]));
    // Conditions are written before: candidates follow each other without a gap.
    for (const route of best) this.#writeConditions(route);
    const start = this.#writer.candidates(best.length);
    for (let index = 0; index < best.length; index++) {
      const route = best[index];
      const isLast = index === best.length - 1;
      this.#writer.candidate(start, index, isLast, route, this.#bits[route], this.#writeConditions(route));
    }
    return start;
  }

  #bitsOf(methods: readonly string[]): number {
    if (methods.length === 0) return ANY_METHOD;
    let bits = 0;
    for (const method of methods) {
      let bit = this.#methodBits.get(method);
      if (bit === undefined) {
        if (this.#methodBits.size === MAX_METHODS) throw new RangeError(`more than ${MAX_METHODS} different methods`);
        bit = 1 << this.#methodBits.size;
        this.#methodBits.set(method, bit);
      }
      bits |= bit;
    }
    return bits;
  }

  #writeConditions(route: RouteId): number {
    if (this.#hasConditions[route] === 0) return 0;
    const { headers, query } = this.#matches[route];
    let at = this.#conditions.get(route);
    if (at === undefined) {
      at = this.#writer.conditions(this.#stringPairs(headers), this.#stringPairs(query));
      this.#conditions.set(route, at);
    }
    return at;
  }

  #stringPairs(pairs: RouteMatch['headers']): number[] {
    return pairs.flatMap(([name, value]) => [this.#writer.string(name), this.#writer.string(value)]);
  }

  #writeParameters(pattern: PathPattern): number {
    if (pattern.kind === 'regexp' || pattern.parameters.length === 0) return 0;
    const words: number[] = [];
    pattern.segments.forEach((segment, index) => {
      if (segment === null) words.push(index, this.#writer.string(pattern.parameters[words.length / 2]));
    });
    return this.#writer.list(words, pattern.parameters.length);
  }
}

/** The label from a segment down to the next place where the path may fork or end. */
function followChain(segment: string, start: PathNode): { label: string; segments: number; end: PathNode } {
  let label = segment;
  let segments = 1;
  let end = start;
  for (let only = end.onlyChild(); only !== null; only = end.onlyChild()) {
    label += `/${only[0] ?? PARAMETER_LABEL}`;
    segments++;
    end = only[1];
  }
  return { label, segments, end };
}
