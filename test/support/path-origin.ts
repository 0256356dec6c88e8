/** A raw origin that chooses its script by the path of each request, so that one gateway can serve a whole file of tests. */
import { within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';
import { type RawConnection, type RawOrigin, rawOrigin } from './raw-origin.ts';

/** Longer than any connection stays idle between two tests of one file. */
const IDLE_MS = 120_000;

/** What to do with one request whose head was read. The connection is offered the next one when this is done. */
export type RequestScript = (connection: RawConnection, head: string) => Promise<void> | void;

export class PathOrigin {
  #origin: RawOrigin | null = null;
  readonly #scripts = new Map<string, RequestScript>();
  readonly #heads: string[] = [];
  readonly #wake = new Set<() => void>();

  get url(): string {
    return this.#origin!.url;
  }

  get port(): number {
    return this.#origin!.port;
  }

  /** Connections made so far, open or not. */
  get connections(): readonly RawConnection[] {
    return this.#origin!.connections;
  }

  /** Answers requests for exactly this path, query aside. */
  on(path: string, script: RequestScript): void {
    this.#scripts.set(path, script);
  }

  /** Answers requests for this path with these bytes, once each head is there. */
  send(path: string, response: string | Uint8Array): void {
    this.on(path, (connection) => connection.send(response));
  }

  /** Heads of the requests that came for a path, oldest first. */
  headsFor(path: string): readonly string[] {
    return this.#heads.filter((head) => pathOf(head) === path);
  }

  /** Waits until so many requests for a path have come; resolves with the head of the last. */
  async arrived(path: string, count = 1): Promise<string> {
    while (this.headsFor(path).length < count) {
      let wake = (): void => {};
      const more = new Promise<void>((resolve) => (wake = resolve));
      this.#wake.add(wake);
      await within(more, `request ${count} for ${path} at the origin`).finally(() => this.#wake.delete(wake));
    }
    return this.headsFor(path)[count - 1];
  }

  async #serve(connection: RawConnection): Promise<void> {
    for (;;) {
      const head = await connection.readThrough('\r\n\r\n', IDLE_MS);
      this.#heads.push(head);
      for (const wake of this.#wake) wake();
      await this.#scripts.get(pathOf(head))?.(connection, head);
    }
  }

  /** Starts on a free port; closed when the lifetime ends. A script that fails resets its connection. */
  async listen(lifetime: Lifetime): Promise<this> {
    this.#origin = await rawOrigin(lifetime, (connection) => this.#serve(connection));
    return this;
  }
}

function pathOf(head: string): string {
  return head.split(' ', 2)[1].split('?', 1)[0];
}

export function pathOrigin(lifetime: Lifetime): Promise<PathOrigin> {
  return new PathOrigin().listen(lifetime);
}
