/** What `penstock run --demo` adds: an origin to forward to, and one request to see it work. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StartError } from '../supervisor/start-error.ts';
import type { DemoOriginReply } from './demo-origin.ts';

const ENTRY = fileURLToPath(new URL('./demo-origin.js', import.meta.url));
const SHOWN_PATH = '/catalog/42';

/** The demo origin in a process of its own. */
export interface DemoOrigin {
  stop(): void;
}

/** @throws StartError when it cannot start, because its port is taken */
export async function forkDemoOrigin(): Promise<DemoOrigin> {
  const child: ChildProcess = fork(ENTRY, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const reply = await new Promise<DemoOriginReply>((resolve) => {
    child.once('message', resolve);
    child.once('exit', (code, signal) => resolve({ error: `The demo origin ended (${signal ?? code}).` }));
  });
  if ('error' in reply) throw new StartError(reply.error);
  // Without its channel the origin ends by itself, which it does as well when the gateway is killed.
  return { stop: () => void (child.connected && child.disconnect()) };
}

/** Sends one request through the gateway and prints it as a curl line with its answer. */
export async function showDemo(gatewayUrl: string): Promise<void> {
  const url = gatewayUrl + SHOWN_PATH;
  const response = await fetch(url);
  const body = (await response.text()).trim();
  process.stdout.write(`\n$ curl -i ${url}\nHTTP/1.1 ${response.status} ${response.statusText}\n`);
  for (const name of ['content-type', 'etag', 'x-request-id']) {
    const value = response.headers.get(name);
    if (value !== null) process.stdout.write(`${name}: ${value}\n`);
  }
  process.stdout.write(`\n${body}\n\nCtrl-C stops the gateway.\n`);
}
