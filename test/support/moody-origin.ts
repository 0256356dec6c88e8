/** An HTTP origin whose mood a test changes while requests come: it answers, fails, hangs, or is not there. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Lifetime } from './lifetime.ts';

/** A status to answer with, `hang` for no answer at all, `reset` for a connection that breaks off. */
export type Mood = number | 'hang' | 'reset';

export class MoodyOrigin {
  readonly name: string;
  mood: Mood = 200;
  /** What `/healthz` answers, when that is to be something else. */
  healthMood: Mood | null = null;
  /** Requests that came, health checks left out. */
  requests = 0;
  checks = 0;
  readonly bodies: string[] = [];
  #held: ServerResponse[] = [];
  #server: Server;
  #port = 0;
  #wake: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
    this.#server = this.#make();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get held(): number {
    return this.#held.length;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on, and ends those it has. */
  async die(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#held = [];
    await closed;
  }

  /** Listens again where it did before. */
  async rise(): Promise<void> {
    this.#server = this.#make();
    await this.listen();
  }

  /** Resolves when so many requests hang. */
  async holds(count: number): Promise<void> {
    while (this.#held.length < count) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** Answers everyone who hangs. */
  release(status = 200): void {
    for (const response of this.#held) response.writeHead(status).end(this.name);
    this.#held = [];
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #make(): Server {
    return createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#answer(request, response));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const isCheck = request.url === '/healthz';
    if (isCheck) this.checks++;
    else this.requests++;
    const mood = isCheck && this.healthMood !== null ? this.healthMood : this.mood;
    request.setEncoding('latin1');
    let body = '';
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      if (!isCheck) this.bodies.push(body);
      if (mood === 'reset') request.socket.destroy();
      else if (mood === 'hang') this.#hold(response);
      else response.writeHead(mood).end(this.name);
    });
  }

  #hold(response: ServerResponse): void {
    this.#held.push(response);
    response.on('close', () => {
      this.#held = this.#held.filter((one) => one !== response);
    });
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Starts one on a free port; it is closed when the lifetime ends. */
export async function moodyOrigin(lifetime: Lifetime, name: string): Promise<MoodyOrigin> {
  const origin = new MoodyOrigin(name);
  await origin.listen();
  lifetime.after(() => origin.close());
  return origin;
}
