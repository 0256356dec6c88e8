import { parseArgs } from 'node:util';
import { SCENARIOS } from '../scenarios/registry.ts';
import { PEERS } from './registry.ts';

export interface Options {
  readonly rounds: number;
  /** Of each measured window, and of what is sent before it. */
  readonly measureMs: number;
  readonly warmUpMs: number;
  /** How often a window is measured until others leave the gateway's core alone. */
  readonly attempts: number;
  /** Names, beside Penstock. */
  readonly peers: readonly string[];
  /** Names, in the order of the registry. */
  readonly scenarios: readonly string[];
  /** Folder of the reports. */
  readonly out: string;
}

/** Those that a peer can do. */
const COMPARED = SCENARIOS.filter(({ peers = {} }) => Object.values(peers).some((peer) => typeof peer === 'function'));

export const USAGE = `Compares Penstock with other gateways: the same work, one core, one after the other.

  npm run bench:peers -- [options] [SCENARIO...]

  --rounds N       rounds; the order is reversed each round (5)
  --seconds N      length of each measured window (5)
  --warm-up N      seconds of load before it: V8 needs some to compile what is long (5)
  --attempts N     a window in which others used the gateway's core is measured again, up to N times in all (3)
  --peers a,b      ${PEERS.map(({ name }) => name).join(', ')} (all that are installed)
  --out FOLDER     where the reports go (perf-reports; theirs is <date>-peers in it)

Scenarios (all of them, when none is named): ${COMPARED.map(({ name }) => name).join(', ')}

  npm run bench:peers -- --rounds 2 --seconds 2 --peers nginx plain-proxy
`;

/**
 * Reads the command line.
 *
 * @returns null when help was asked for
 * @throws Error with one sentence when it is wrong
 */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '5' },
      attempts: { type: 'string', default: '3' },
      peers: { type: 'string' },
      out: { type: 'string', default: 'perf-reports' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const names = COMPARED.map(({ name }) => name);
  return {
    rounds: whole(values.rounds, 'rounds'),
    measureMs: whole(values.seconds, 'seconds') * 1_000,
    warmUpMs: whole(values['warm-up'], 'warm-up') * 1_000,
    attempts: whole(values.attempts, 'attempts'),
    peers: chosen(
      'peer',
      values.peers?.split(',') ?? [],
      PEERS.map(({ name }) => name),
    ),
    scenarios: chosen('scenario that peers can do', positionals, names),
    out: values.out,
  };
}

function whole(text: string, name: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name} is a whole number from 1 to 9999, not "${text}"`);
  return Number(text);
}

/** All, when none is wanted; in their own order. */
function chosen(kind: string, wanted: readonly string[], all: readonly string[]): readonly string[] {
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${kind} called "${unknown}", expected ${all.join(', ')}`);
  return wanted.length === 0 ? all : all.filter((name) => wanted.includes(name));
}
