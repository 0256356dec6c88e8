/**
 * Whether a limit is exact end to end: a real gateway with 4 acceptors, 64 connections that ask for one key as fast as they can for
 * 10 s, a limit of 1000/s with a burst of 100. Prints what was let through beside what may be; then the same while an acceptor is
 * killed every 2 s. `npm run bench:exactness -- [seconds] [rate] [burst] [ms between kills]`; on a machine that is too busy to be asked
 * as often as the limit allows, a smaller one shows as much
 *
 * What was let through is what the origin was asked for, counted there: a request admitted by an acceptor that is killed before
 * it forwards it is one that was not. Time runs from just before the first request to just after the last response.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SECONDS = Number(process.argv[2] ?? 10);
const ACCEPTORS = 4;
const CONNECTIONS = 64;
const RATE = Number(process.argv[3] ?? 1000);
const BURST = Number(process.argv[4] ?? 100);
const KILL_EVERY_MS = Number(process.argv[5] ?? 2000);
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const REQUEST = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

interface Load {
  /** Responses by status. */
  readonly statuses: Map<number, number>;
  firstAt: number;
  lastAt: number;
  stop(): void;
}

/** Connections that ask again with every response, and connect again when they are cut. */
function hammer(port: number): Load {
  const statuses = new Map<number, number>();
  let stopped = false;
  const load: Load = { statuses, firstAt: performance.now(), lastAt: 0, stop: () => (stopped = true) };
  const open = (): void => {
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    let text = '';
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!stopped) setTimeout(open, 5);
    });
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (end < 0 || text.length < end + 4 + length) return;
      const status = Number(text.slice(9, 12));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      load.lastAt = performance.now();
      text = '';
      if (stopped) socket.destroy();
      else socket.write(REQUEST);
    });
  };
  for (let i = 0; i < CONNECTIONS; i++) open();
  return load;
}

async function startOrigin(): Promise<{ url: string; count(): number; close(): void }> {
  let requests = 0;
  const sockets = new Set<Socket>();
  // No more than it takes: the origin and the clients share their cores with the gateway.
  const server = createServer((socket) => {
    sockets.add(socket);
    let seen = '';
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (piece: string) => {
      seen += piece;
      const heads = seen.split('\r\n\r\n');
      seen = heads.pop()!;
      requests += heads.length;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'.repeat(heads.length));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => requests,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function run(killing: boolean): Promise<void> {
  const origin = await startOrigin();
  const folder = mkdtempSync(join(tmpdir(), 'penstock-exactness-'));
  const path = join(folder, 'penstock.json');
  const limit = { limit: `${RATE}/s`, burst: BURST, by: 'route' };
  writeFileSync(
    path,
    JSON.stringify({
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      runtime: { acceptors: ACCEPTORS, drainTimeout: '1s' },
      telemetry: { accessLog: 'none' },
      upstreams: { origin: { endpoints: [origin.url] } },
      // No retries: an attempt that is repeated would be counted twice.
      routes: [
        {
          name: 'all',
          match: { path: '/*' },
          policies: [{ rateLimit: limit }],
          forward: { upstream: 'origin', retries: 0 },
        },
      ],
    }),
  );
  const gateway = spawn(process.execPath, [MAIN, 'run', '-c', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(gateway, 'exit');
  const urls = await printedUrls(gateway.stdout);
  const load = hammer(Number(new URL(urls.get('public')!).port));
  let kills = 0;
  const killer = killing ? setInterval(() => void killOne(urls.get('admin')!, kills++), KILL_EVERY_MS) : undefined;
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  clearInterval(killer);
  load.stop();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const seconds = (load.lastAt - load.firstAt) / 1000;
  const allowed = RATE * seconds + BURST;
  const admitted = origin.count();
  const answers = [...load.statuses].map(([status, count]) => `${status}: ${count}`).join(', ');
  console.log(
    `${killing ? `${kills} acceptors killed` : 'nobody killed'}: ${admitted} admitted of ${allowed.toFixed(0)} in ${seconds.toFixed(3)} s, ` +
      `${((100 * admitted) / allowed).toFixed(2)} % (${answers})`,
  );
  gateway.kill('SIGTERM');
  await gone;
  origin.close();
  rmSync(folder, { recursive: true });
  if (admitted > allowed) process.exitCode = 1;
}

async function printedUrls(stdout: NodeJS.ReadableStream): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  let text = '';
  for await (const piece of stdout.setEncoding('utf8')) {
    text += piece as string;
    for (const [, url, name] of text.matchAll(/^listening on (\S+) \((?:listener )?(\S+)\)$/gm)) urls.set(name!, url!);
    if (urls.has('public') && urls.has('admin')) break;
  }
  return urls;
}

async function killOne(admin: string, turn: number): Promise<void> {
  const response = await fetch(new URL('/status', admin));
  const { acceptors } = (await response.json()) as { acceptors: { pid: number }[] };
  const pid = acceptors[turn % acceptors.length]?.pid;
  if (pid !== undefined && pid > 0) process.kill(pid, 'SIGKILL');
}

await run(false);
await run(true);
process.exit();
