import { rmSync } from 'node:fs';
import { boundPort, closeFd, joinTcp, listenTcp, listenUnix } from '../../native-bindings/native.ts';
import type { CompiledListener } from '../config/compiled.ts';
import { orphansAt } from './orphans.ts';
import { StartError } from './start-error.ts';

/** Where something listens, as the config has it. */
export type ListenAddress = CompiledListener['address'];

/** A listener's sockets as the supervisor holds them: they outlive every acceptor, so that no connection is refused. */
export interface ListeningSockets {
  readonly listener: CompiledListener;
  /** As a client would write it: `http://127.0.0.1:8080`, or `unix:/run/penstock.sock`. */
  readonly url: string;
  /** The descriptor each lane inherits: its own SO_REUSEPORT socket, or the one unix socket for all. */
  readonly fdByLane: readonly number[];
  /** Process ids of acceptors that still accept there, because their supervisor was killed. */
  readonly orphans: readonly number[];
}

/**
 * Opens every listener, one socket a lane.
 *
 * @throws StartError naming the listener; what was opened before is closed again
 */
export function openListeningSockets(listeners: readonly CompiledListener[], lanes: number): ListeningSockets[] {
  const opened: ListeningSockets[] = [];
  try {
    for (const listener of listeners) opened.push(openOne(listener, lanes));
    return opened;
  } catch (error) {
    closeListeningSockets(opened);
    throw error;
  }
}

export function closeListeningSockets(sockets: readonly ListeningSockets[]): void {
  for (const { listener, fdByLane } of sockets) {
    for (const fd of new Set(fdByLane)) closeFd(fd);
    removeSocketFile(listener.address);
  }
}

/** The file of a unix socket outlives the socket; whoever opened it removes it. Does nothing for other addresses. */
export function removeSocketFile(address: ListenAddress): void {
  if ('unix' in address) rmSync(address.unix, { force: true });
}

function openOne(listener: CompiledListener, lanes: number): ListeningSockets {
  const { address } = listener;
  try {
    return openAt(listener, lanes, []);
  } catch (error) {
    const orphans = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? orphansAt(address) : [];
    if (orphans.length > 0) return openAt(listener, lanes, orphans);
    throw new StartError(`Listener ${listener.name} cannot listen on ${whyNotListening(address, error)}.`);
  }
}

/** @param orphans whose place is taken; none: nobody may be there */
function openAt(listener: CompiledListener, lanes: number, orphans: readonly number[]): ListeningSockets {
  const { address } = listener;
  if ('unix' in address) {
    if (orphans.length > 0) removeSocketFile(address);
    const fd = listenUnix(address.unix);
    return { listener, url: `unix:${address.unix}`, fdByLane: Array.from({ length: lanes }, () => fd), orphans };
  }
  const { host, port } = address;
  const fdByLane = orphans.length > 0 ? joinAll(host, port, lanes) : listenTcp(host, port, lanes);
  return { listener, url: urlOf(listener, host, boundPort(fdByLane[0]!)), fdByLane, orphans };
}

function joinAll(host: string, port: number, lanes: number): number[] {
  const fds: number[] = [];
  try {
    while (fds.length < lanes) fds.push(joinTcp(host, port));
    return fds;
  } catch (error) {
    for (const fd of fds) closeFd(fd);
    throw error;
  }
}

function urlOf(listener: CompiledListener, host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `${listener.tls === null ? 'http' : 'https'}://${shown}:${port}`;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already; stop it or choose another address',
  EACCES: 'this user may not listen there; ports below 1024 need CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ENOENT: 'the folder of the socket does not exist',
  ENAMETOOLONG: 'the path of a socket has at most 107 bytes',
};

/** An address and what the system has against listening there, for the end of a sentence. */
export function whyNotListening(address: ListenAddress, error: unknown): string {
  const where = 'unix' in address ? address.unix : `${address.host}:${address.port}`;
  const { code } = error as NodeJS.ErrnoException;
  return `${where}: ${REASONS[code ?? ''] ?? code ?? String(error)}`;
}
