/** A load of many clients, each sending its next request as soon as the one before is answered, counted exactly. */
import { Agent, type IncomingMessage, request } from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';

/** A request that was not answered. */
export interface Failure {
  /** Code of the socket error, such as ECONNREFUSED or ECONNRESET. */
  readonly code: string;
  /** When the client began to send it, or to connect for it; of `performance.now()`. */
  readonly startedAt: number;
  readonly onNewConnection: boolean;
}

export interface LoadAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
  /** Serial number of the gateway's certificate; null without TLS. */
  readonly serial: string | null;
  readonly onNewConnection: boolean;
}

export interface LoadOptions {
  readonly port: number;
  readonly path?: string;
  /** Clients that keep their connection as long as the gateway lets them. Default 4. */
  readonly keepAlive?: number;
  /** Clients that connect anew for every request. Default 4. */
  readonly newConnections?: number;
  /** Speak TLS, and take certificates of this authority for this name alone. */
  readonly tls?: { readonly ca: string; readonly servername: string };
  /** Sees every answer. */
  readonly onAnswer?: (answer: LoadAnswer) => void;
}

/** How long a client rests after a failure, so that a refused connection does not become a busy loop. */
const REST_MS = 5;

export class SteadyLoad {
  readonly failures: Failure[] = [];
  /** Answered requests by status. */
  readonly statuses = new Map<number, number>();
  #answered = 0;
  #stopping = false;
  readonly #options: LoadOptions;
  readonly #clients: Promise<void>[] = [];
  readonly #wake = new Set<() => void>();

  constructor(options: LoadOptions) {
    this.#options = options;
    const { keepAlive = 4, newConnections = 4, tls } = options;
    const agent = (keepAlive: boolean): Agent =>
      // No sessions are kept: each new connection is to be shown a certificate.
      tls === undefined
        ? new Agent({ keepAlive, maxSockets: 1 })
        : new https.Agent({ keepAlive, maxSockets: 1, maxCachedSessions: 0, ...tls });
    for (let i = 0; i < keepAlive; i++) this.#clients.push(this.#run(agent(true)));
    for (let i = 0; i < newConnections; i++) this.#clients.push(this.#run(agent(false)));
  }

  get answered(): number {
    return this.#answered;
  }

  /** Waits until so many more requests have been answered. */
  async more(count: number, ms = 20_000): Promise<void> {
    const target = this.#answered + count;
    while (this.#answered < target) {
      let wake = (): void => {};
      const next = new Promise<void>((resolve) => (wake = resolve));
      this.#wake.add(wake);
      await within(next, `answer ${target}, seen ${this.#answered}`, ms).finally(() => this.#wake.delete(wake));
    }
  }

  /** Sends nothing new; resolves when everything sent is answered or has failed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }

  async #run(agent: Agent): Promise<void> {
    while (!this.#stopping) await this.#once(agent);
    agent.destroy();
  }

  #once(agent: Agent): Promise<void> {
    const startedAt = performance.now();
    const { port, path = '/', tls, onAnswer } = this.#options;
    return new Promise((resolve) => {
      const outgoing = (tls === undefined ? request : https.request)({ host: '127.0.0.1', port, path, agent });
      const fail = (error: NodeJS.ErrnoException): void => {
        this.failures.push({ code: error.code ?? String(error), startedAt, onNewConnection: !outgoing.reusedSocket });
        setTimeout(resolve, REST_MS);
      };
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        readAnswer(response, !outgoing.reusedSocket).then((answer) => {
          this.#count(answer.status);
          onAnswer?.(answer);
          resolve();
        }, fail);
      });
      outgoing.end();
    });
  }

  #count(status: number): void {
    this.#answered++;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    for (const wake of this.#wake) wake();
  }
}

async function readAnswer(response: IncomingMessage, onNewConnection: boolean): Promise<LoadAnswer> {
  const socket = response.socket as Partial<TLSSocket>;
  const serial = socket.getPeerCertificate?.().serialNumber ?? null;
  response.setEncoding('utf8');
  let body = '';
  for await (const piece of response as AsyncIterable<string>) body += piece;
  const header = (name: string) => response.headers[name] as string | undefined;
  return { status: response.statusCode!, header, body, serial, onNewConnection };
}

/** Starts a load; it is stopped when the lifetime ends. */
export function steadyLoad(lifetime: Lifetime, options: LoadOptions): SteadyLoad {
  const load = new SteadyLoad(options);
  lifetime.after(() => load.stop());
  return load;
}
