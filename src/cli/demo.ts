/** What `penstock run --demo` adds: an origin to forward to, and one request to see it work. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { StartError } from '../supervisor/supervisor.ts';
import { DEMO_ORIGIN_PORT } from './demo-origin.ts';

const ENTRY = fileURLToPath(new URL('./demo-origin.js', import.meta.url));
const SHOWN_PATH = '/catalog/42';
const ANSWER_MS = 5_000;

/** The demo origin in a process of its own. */
export interface DemoOrigin {
  readonly port: number;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

/**
 * @param port 0 takes a free one
 * @throws StartError when its port is taken; the child has printed the sentence by then, so this one is short
 */
export function forkDemoOrigin(port: number = DEMO_ORIGIN_PORT): Promise<DemoOrigin> {
  const child: ChildProcess = fork(ENTRY, [String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  return new Promise((resolve, reject) => {
    child.once('message', (started: { port: number }) =>
      resolve({ port: started.port, stop: () => stop(child, exited) }),
    );
    child.once('exit', () => reject(new StartError('The demo needs its origin.')));
  });
}

/** The open IPC channel keeps both processes alive; without it the origin ends by itself. */
async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  await exited;
}

/** Sends one request through the gateway and prints it as a curl line with its answer, head and body as they came. */
export async function showDemo(gatewayUrl: string): Promise<void> {
  // A unix socket or a certificate of the user's own: nothing that a plain curl line could show.
  if (gatewayUrl.startsWith('http://')) await showAnswer(gatewayUrl + SHOWN_PATH);
  process.stdout.write('README.md says what to try next. Ctrl-C stops the gateway.\n');
}

/** In one piece, so that no line of the access log comes in between. */
async function showAnswer(url: string): Promise<void> {
  const answer = await answerOf(url).catch((error: Error) => `failed: ${error.message}`);
  process.stdout.write(`\n$ curl -i ${url}\n${answer}\n\n`);
}

async function answerOf(url: string): Promise<string> {
  const headers = { accept: '*/*', 'user-agent': 'penstock-demo' };
  const request = get(url, { agent: false, headers, timeout: ANSWER_MS });
  request.once('timeout', () => request.destroy(new Error('no answer came')));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = await text(response);
  return `${headOf(response)}\n${body.trim()}`;
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let head = `HTTP/1.1 ${statusCode} ${statusMessage}\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\n`;
  return head;
}
