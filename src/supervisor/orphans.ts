/**
 * Acceptors whose supervisor was killed: they go on accepting for a while (`acceptor/main.ts`), so that whoever starts the gateway
 * again refuses no connection, and are told to go when its own acceptors serve. A supervisor that lives holds its listening
 * sockets too, which tells the two apart.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { ASSIGNMENT_VARIABLE } from '../ipc.ts';
import type { ListenAddress } from './listening-sockets.ts';

/** Of a socket that listens, in the tables of proc(5). */
const TCP_LISTEN = '0A';
const UNIX_LISTENS = 0x10000;

/** Process ids of the orphans that listen at an address. None when anybody else does, or somebody who cannot be looked at. */
export function orphansAt(address: ListenAddress): readonly number[] {
  const inodes = 'unix' in address ? unixInodes(address.unix) : tcpInodes(address.port);
  const holders = new Map([...inodes].map((inode) => [`socket:[${inode}]`, [] as string[]]));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    for (const socket of socketsOf(pid)) holders.get(socket)?.push(pid);
  const isTheirs = [...holders.values()].every((pids) => pids.length > 0 && pids.every(isAcceptor));
  return isTheirs ? [...new Set([...holders.values()].flat())].map(Number) : [];
}

/** Has orphans accept nothing more, and end when they have done what they have begun. */
export function retire(orphans: readonly number[]): void {
  for (const pid of orphans.filter((pid) => isAcceptor(String(pid)))) process.kill(pid, 'SIGTERM');
}

/** Whatever address of this machine they listen on. */
function tcpInodes(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(rowsOf).filter(([, local, , state]) => {
    return state === TCP_LISTEN && local!.endsWith(wanted);
  });
  return new Set(listening.map((row) => row[9]!));
}

function unixInodes(path: string): Set<string> {
  const listening = rowsOf('/proc/net/unix').filter((row) => {
    return row[7] === path && (Number.parseInt(row[3]!, 16) & UNIX_LISTENS) !== 0;
  });
  return new Set(listening.map((row) => row[6]!));
}

function rowsOf(table: string): string[][] {
  const lines = readOr(table, '').split('\n').slice(1);
  return lines.map((line) => line.trim().split(/\s+/)).filter(({ length }) => length > 6);
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOr(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // Somebody else's, or it has ended.
  }
}

function isAcceptor(pid: string): boolean {
  return readOr(`/proc/${pid}/environ`, '')
    .split('\0')
    .some((line) => line.startsWith(`${ASSIGNMENT_VARIABLE}=`));
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
