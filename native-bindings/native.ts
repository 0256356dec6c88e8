/**
 * The C++ addon as one typed module: shared memory, listening sockets, accepting. See README.md beside this file.
 *
 * Errors of system calls are `Error`s with `.code` (such as `EADDRINUSE`) and `.syscall`.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The polling half of `AcceptLoop`, as the addon has it. */
interface NativeAcceptLoop {
  start(): void;
  stop(): void;
  close(): void;
}

interface Addon {
  createMemory(bytes: number): number;
  mapMemory(fd: number, offset: number, bytes: number, writable: boolean): SharedArrayBuffer;
  listenTcp(host: string, port: number, join: boolean): number;
  listenUnix(path: string, mode: number): number;
  boundPort(fd: number): number;
  closeFd(fd: number): void;
  glibcVersion(): string | null;
  connectionKey(res: object): number;
  withoutStdout(run: () => void): void;
  createTimeLimit(): TimeLimit;
  readonly AcceptLoop: new (
    fd: number,
    onConnection: (fd: number) => void,
    onError: (errno: number) => void,
  ) => NativeAcceptLoop;
}

/**
 * Calls a function, and ends the call when it takes longer than a limit: for code that may loop for ever on a thread that
 * must go on. Calls within such a call share its limit.
 *
 * @param limitMs whole milliseconds from 1 on; overrun by at most 5
 * @throws what the function throws; an Error with code `TIME_LIMIT` when it was ended
 */
export type TimeLimit = <Argument, Result>(
  run: (argument: Argument) => Result,
  argument: Argument,
  limitMs: number,
) => Result;

/** Where the compiler puts what `build.mjs` builds; this module itself runs from `dist/native-bindings/`. */
export const BUILD_DIRECTORY = fileURLToPath(new URL('../../native-bindings/build/Release/', import.meta.url));

function loadAddon(): Addon {
  const path = `${BUILD_DIRECTORY}penstock.node`;
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new Error(
      `The native addon does not load on Node ${process.versions.node} (ABI ${process.versions.modules}): ` +
        `run \`npm ci\` to build it for this Node. (${path})`,
      { cause },
    );
  }
}

const addon = loadAddon();

/** Mode of a unix socket's file unless said otherwise: its owner and group may connect. */
export const UNIX_SOCKET_MODE = 0o660;

/**
 * Makes a zero-filled memory of a fixed size that other processes can map.
 *
 * @returns a file descriptor; hand it to a child through `stdio` of `child_process`, where it is inherited.
 * @throws `RangeError` for a size that is no positive integer; `ENOMEM`, `EMFILE`.
 */
export function createMemory(bytes: number): number {
  return addon.createMemory(bytes);
}

/**
 * Maps a window of a shared memory. `offset` is a multiple of the page size; the window lies inside the memory.
 * A write to a window that is not `writable` ends the process, also from a worker thread.
 *
 * @throws `RangeError` for a window outside the memory; `EINVAL` for an offset that is not on a page; `EBADF`, `ENOMEM`.
 */
export function mapMemory(fd: number, offset: number, bytes: number, writable: boolean): SharedArrayBuffer {
  return addon.mapMemory(fd, offset, bytes, writable);
}

/**
 * Opens listening sockets that share one TCP port; the kernel spreads new connections over them.
 *
 * The port is claimed first: `EADDRINUSE` when anybody has it, another gateway of the same user included.
 * `host` is a numeric address. `0.0.0.0` takes IPv4; `::` takes IPv6 and IPv4, whatever the machine's `bindv6only` says;
 * any other address takes only itself. Port 0 lets the kernel choose one for all of them; `boundPort` tells which.
 *
 * @returns non-blocking descriptors whose connections have TCP_NODELAY set.
 * @throws `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`; `EINVAL` when `host` is not a numeric address.
 */
export function listenTcp(host: string, port: number, sockets: number): number[] {
  const fds = [addon.listenTcp(host, port, false)];
  try {
    const claimed = boundPort(fds[0]);
    while (fds.length < sockets) fds.push(addon.listenTcp(host, claimed, true));
  } catch (error) {
    for (const fd of fds) closeFd(fd);
    throw error;
  }
  return fds;
}

/** One more socket for a port that `listenTcp` of this user has claimed and still holds. Throws as `listenTcp` does. */
export function joinTcp(host: string, port: number): number {
  return addon.listenTcp(host, port, true);
}

/**
 * Opens a listening unix socket, which all acceptors share. A socket file that nobody listens on is replaced.
 * The file stays after the descriptor is closed: whoever opened it removes it.
 *
 * @throws `EADDRINUSE` when somebody listens there, or the path is a file that is no socket; `EACCES`, `ENOENT`,
 *   `ENAMETOOLONG` beyond 107 bytes.
 */
export function listenUnix(path: string, mode: number = UNIX_SOCKET_MODE): number {
  return addon.listenUnix(path, mode);
}

/** The TCP port a socket is bound to; 0 for a unix socket. */
export function boundPort(fd: number): number {
  return addon.boundPort(fd);
}

/** Closes a listening socket, or a connection that is turned away before anything has adopted it. */
export function closeFd(fd: number): void {
  addon.closeFd(fd);
}

/**
 * A number that all response objects of one uWS connection share while it is open, and no other open connection has.
 * Also the object that `filter` gets. 0 when the object does not tell, as after the response has ended.
 */
export function connectionKey(res: object): number {
  return addon.connectionKey(res);
}

/** Version of the running C library, such as `2.36`; null when it is not glibc. */
export function glibcVersion(): string | null {
  return addon.glibcVersion();
}

/** How long accepting rests after the system ran out of descriptors or memory. */
const RESOURCE_PAUSE_MS = 100;

/** At least this long between two calls of `onError`, however often accepting has to rest. */
const REPORT_INTERVAL_MS = 1000;

const errnoNames = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/**
 * Accepts connections of a listening socket on this thread's event loop.
 *
 * `onConnection` owns the descriptor it gets: give it to `app.adoptSocket(fd)`, or close it. What it throws is an uncaught
 * exception. `onError` hears the code (`EMFILE`, `ENFILE`, `ENOMEM`...) when accepting has to rest for lack of resources,
 * which it does for 100 ms at a time; at most once a second. Connections wait in the kernel's queue meanwhile.
 *
 * Made stopped. While it accepts it keeps the process alive, as a server does. It never closes the listening socket.
 */
export class AcceptLoop {
  readonly #native: NativeAcceptLoop;
  readonly #onError: (code: string) => void;
  #restart: NodeJS.Timeout | null = null;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** @throws `EBADF`, `EPERM` when `fd` cannot be polled; `EEXIST` when this thread polls it already. */
  constructor(fd: number, onConnection: (fd: number) => void, onError: (code: string) => void) {
    this.#onError = onError;
    this.#native = new addon.AcceptLoop(fd, onConnection, (errno) => this.#rest(errno));
  }

  /** Begins or resumes accepting. Does nothing when it accepts already, or is closed. */
  start(): void {
    this.#cancelRestart();
    this.#native.start();
  }

  /** Leaves new connections in the kernel's queue until `start`. */
  stop(): void {
    this.#cancelRestart();
    this.#native.stop();
  }

  /** Ends accepting for good and lets go of the event loop. */
  close(): void {
    this.#cancelRestart();
    this.#native.close();
  }

  #rest(errno: number): void {
    this.#restart = setTimeout(() => this.start(), RESOURCE_PAUSE_MS);
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    this.#onError(errnoNames.get(errno) ?? `errno ${errno}`);
  }

  #cancelRestart(): void {
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#restart = null;
  }
}

/**
 * Runs a function while the process's standard output leads nowhere, for libraries that print to it. What other threads write
 * there in the meantime is lost as well.
 */
export function withoutStdout(run: () => void): void {
  addon.withoutStdout(run);
}

let timeLimit: TimeLimit | null = null;

/** The process's time limit; its first use starts a thread that stays. */
export function callWithin<Argument, Result>(
  run: (argument: Argument) => Result,
  argument: Argument,
  limitMs: number,
): Result {
  timeLimit ??= addon.createTimeLimit();
  return timeLimit(run, argument, limitMs);
}
