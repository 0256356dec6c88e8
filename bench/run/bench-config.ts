/**
 * A user's config as the bench runs it: the same routes and policies, on other addresses.
 *
 *   listeners, admin      free ports of loopback; the generator's word for a client's address and scheme is believed
 *   upstreams             the bench's own origins in place of the endpoints
 *   telemetry             off: nothing of a bench belongs in a log or a collector
 *   budget, tests         left out: a gateway from before they existed would refuse them
 *   relative files        by absolute paths, because the text stands in another folder
 *
 * References to the environment and to files stay references: no secret is written down.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ConfigPath } from '../../src/config/diagnostics.ts';
import type { LoadedConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema/schema.ts';
import type { Source } from '../../src/config/source/source.ts';

export interface BenchPlace {
  /** Where what the gateway itself writes goes. */
  readonly folder: string;
  /** As many as there are listeners. */
  readonly listenerPorts: readonly number[];
  readonly adminPort: number;
  /** At least one. Null: requests go to the endpoints of the config. */
  readonly originPorts: readonly number[] | null;
  readonly acceptors: number;
}

export interface BenchConfig {
  /** JSON. */
  readonly text: string;
  /** The listener that is asked: the first without TLS, else the first. */
  readonly listener: { readonly name: string; readonly port: number; readonly tls: boolean };
  /** What is not as in the user's config and may matter to the figures; a sentence each. */
  readonly notes: readonly string[];
}

type Section = Readonly<Record<string, unknown>>;

const LOOPBACK = '127.0.0.1';

/** Sections in which a word that happens to be a file's name is no file. */
const WITHOUT_FILES: readonly (string | number)[] = ['match', 'hosts', 'tests', 'budget'];

/** What ends in one of these is a name of the config's own. */
const NAMING: readonly (string | number)[] = ['name', 'upstream', 'serverName'];

function mayBeFile(path: ConfigPath): boolean {
  const isListName = path.at(-2) === 'policies' && typeof path.at(-1) === 'number';
  return !isListName && !NAMING.includes(path.at(-1)!) && !path.some((step) => WITHOUT_FILES.includes(step));
}

/** Most origins that are worth a process each. */
const MOST_ORIGINS = 3;

/** How many origins a config wants: as many as its largest upstream has endpoints, up to a limit. */
export function originsFor({ upstreams }: Config): number {
  const sizes = Object.values(upstreams).map(({ endpoints }) => endpoints.length);
  return Math.min(MOST_ORIGINS, Math.max(1, ...sizes));
}

export function benchConfig({ config, source }: LoadedConfig, place: BenchPlace): BenchConfig {
  const written = withAbsoluteFiles(source) as Section;
  const { budget: _, tests: __, ...kept } = written;
  const listeners = (written['listeners'] as Section[]).map((listener, index) => ({
    ...listener,
    address: `${LOOPBACK}:${place.listenerPorts[index]}`,
    trustedProxies: [...((listener['trustedProxies'] as string[] | undefined) ?? []), `${LOOPBACK}/32`],
  }));
  const moved = {
    ...kept,
    listeners,
    admin: { address: `${LOOPBACK}:${place.adminPort}` },
    runtime: {
      ...(written['runtime'] as Section | undefined),
      acceptors: place.acceptors,
      quotaStore: join(place.folder, 'quotas'),
    },
    telemetry: { accessLog: 'none' },
    ...(place.originPorts === null ? {} : { upstreams: toOrigins(written['upstreams'], place.originPorts) }),
    routes: ((written['routes'] as Section[] | undefined) ?? []).map(({ budget: ___, ...route }) => route),
  };
  const plain = config.listeners.findIndex(({ tls }) => tls === undefined);
  const chosen = Math.max(0, plain);
  return {
    text: JSON.stringify(moved, null, 2),
    listener: { name: config.listeners[chosen]!.name, port: place.listenerPorts[chosen]!, tls: plain === -1 },
    notes: place.originPorts === null ? [] : notesOn(config, place.originPorts.length),
  };
}

/** Endpoints beyond the origins there are go; the weights of the others stay. Origins speak plain HTTP. */
function toOrigins(upstreams: unknown, ports: readonly number[]): Section {
  const moved = Object.entries((upstreams ?? {}) as Record<string, Section>).map(([name, { tls: _, ...upstream }]) => {
    const endpoints = (upstream['endpoints'] as unknown[]).slice(0, ports.length).map((endpoint, index) => {
      const url = `http://${LOOPBACK}:${ports[index]}`;
      return typeof endpoint === 'object' ? { ...endpoint, url } : url;
    });
    return [name, { ...upstream, endpoints }];
  });
  return Object.fromEntries(moved) as Section;
}

function notesOn({ upstreams }: Config, origins: number): string[] {
  const all = Object.entries(upstreams);
  const large = all.filter(([, { endpoints }]) => endpoints.length > origins).map(([name]) => name);
  const secure = all.filter(([, { endpoints }]) => endpoints[0]!.url.scheme === 'https').map(([name]) => name);
  return [
    ...(large.length > 0 ? [`Only ${origins} endpoints each stand for the upstreams ${large.join(', ')}.`] : []),
    ...(secure.length > 0 ? [`The upstreams ${secure.join(', ')} are asked without TLS here.`] : []),
  ];
}

/** The config as written, with each path of a file made absolute. */
function withAbsoluteFiles(source: Source): unknown {
  const walk = (value: unknown, path: ConfigPath): unknown => {
    if (typeof value === 'string') return absolute(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  const absolute = (text: string, path: ConfigPath): string => {
    const folder = dirname(source.locate(path).file);
    if (text.includes('${')) return absoluteReferences(text, folder);
    if (text === '' || !mayBeFile(path)) return text;
    const file = resolve(folder, text);
    // Which fields name files is the schema's knowledge; that there is one is as good a sign, and one that grows with it.
    return existsSync(file) && statSync(file).isFile() ? file : text;
  };
  return walk(source.value, []);
}

/** `$${` is no reference. */
function absoluteReferences(text: string, folder: string): string {
  return text.replace(/(?<!\$)\$\{file:([^}]*)\}/g, (_, file: string) => `\${file:${resolve(folder, file)}}`);
}
