import { parseArgs } from 'node:util';
import { PEERS } from './registry.ts';

export interface Options {
  readonly rounds: number;
  /** Length of each measured window. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Names, in the order of the first round. */
  readonly peers: readonly string[];
  readonly connections: number;
  /** Requests a second of the phase with a fixed offered rate. */
  readonly rate: number;
  /** Folder of the report; null: `perf-reports/<date>-peers`. */
  readonly out: string | null;
}

export const USAGE = `Compares Penstock with other gateways: the same plain-proxy job, one core, side by side.

  npm run bench:peers -- [options]

  --rounds N         rounds; the order is reversed each round (default 5)
  --seconds N        length of each measured window (default 5)
  --warm-up N        seconds of load before the first window (default 2)
  --peers a,b        ${PEERS.map(({ name }) => name).join(', ')} (default: all that are installed)
  --connections N    connections of the closed loop (default 32)
  --rate N           requests a second of the fixed-rate phase (default 5000)
  --out FOLDER       where the report goes (default perf-reports/<date>-peers)

  npm run bench:peers -- --rounds 1 --seconds 2 --peers penstock,nginx
`;

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} wants a positive number, not "${text}"`);
  return value;
}

/**
 * Reads the command line.
 *
 * @returns null when help was asked for
 * @throws Error with one sentence when it is wrong
 */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '2' },
      peers: { type: 'string', default: PEERS.map(({ name }) => name).join(',') },
      connections: { type: 'string', default: '32' },
      rate: { type: 'string', default: '5000' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const peers = values.peers.split(',');
  const unknown = peers.find((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown !== undefined) throw new Error(`unknown peer "${unknown}"`);
  return {
    rounds: positive(values.rounds, 'rounds'),
    seconds: positive(values.seconds, 'seconds'),
    warmUpSeconds: positive(values['warm-up'], 'warm-up'),
    peers,
    connections: positive(values.connections, 'connections'),
    rate: positive(values.rate, 'rate'),
    out: values.out ?? null,
  };
}
