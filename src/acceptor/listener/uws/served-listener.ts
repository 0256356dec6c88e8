import { AcceptLoop } from '../../../../native-bindings/native.ts';
import type { Uws } from '../../../../native-bindings/uws-types.ts';
import type { CompiledListener } from '../../../config/compiled.ts';
import type { IdentityBook } from '../../../identities.ts';
import type { ExchangeStarter, ListenerContext } from '../downstream.ts';
import type { ServerTls } from './tls-app.ts';
import { UwsListener } from './uws-listener.ts';

/** What a listener needs of its acceptor. */
export interface ServedListenerHost {
  /** The exchange that owns a new request. */
  readonly start: ExchangeStarter;
  /** A connection was opened (+1) or closed (-1). */
  onConnectionCount(delta: number): void;
  /** Certificates with their keys: all that the listener's config names. */
  readonly identities: IdentityBook;
  /** Accepting has to rest for a moment. */
  onAcceptError(code: string): void;
}

/**
 * One listening socket of an acceptor: accepts up to the listener's limit of open connections; beyond it, new ones wait in the
 * kernel's queue.
 *
 *   socket --accept--> newest app        certificates changed: another app becomes the newest
 *                      older apps        serve the connections they have until these end
 */
export class ServedListener {
  readonly #uws: Uws;
  readonly #host: ServedListenerHost;
  readonly #loop: AcceptLoop;
  readonly #context: ListenerContext;
  /** What the newest app shows; null: plain HTTP. */
  #tls: ServerTls | null;
  #newest: UwsListener;
  #open = 0;

  /** @throws Error of one sentence: uWS itself says nothing more than that it failed */
  constructor(uws: Uws, context: ListenerContext, fd: number, host: ServedListenerHost) {
    this.#uws = uws;
    this.#host = host;
    this.#context = context;
    this.#tls = serverTls(context.config, host.identities);
    this.#newest = this.#createApp(this.#tls);
    this.#loop = new AcceptLoop(
      fd,
      (accepted) => this.#newest.adopt(accepted),
      (code) => host.onAcceptError(code),
    );
  }

  start(): void {
    this.#loop.start();
  }

  close(): void {
    this.#loop.close();
  }

  /**
   * Shows new connections the certificates of a newer config, or newer ones of the same, where they are others. Everything else of a
   * newer config takes a new process. An app that was replaced is never freed, since uWS cannot: the supervisor replaces an
   * acceptor that has too many.
   *
   * @throws Error when they cannot be used; the listener goes on with those before
   */
  renew(config: CompiledListener): void {
    const newer = serverTls(config, this.#host.identities);
    if (this.#tls === null || newer === null || isSame(newer.certificates, this.#tls.certificates)) return;
    const tls = { ...this.#tls, certificates: newer.certificates };
    this.#newest = this.#createApp(tls);
    this.#tls = tls;
  }

  #createApp(tls: ServerTls | null): UwsListener {
    try {
      return new UwsListener(this.#uws, this.#context, tls, {
        start: this.#host.start,
        onConnectionCount: (delta) => this.#count(delta),
      });
    } catch (error) {
      throw new Error(
        `Listener ${this.#context.config.name} cannot be set up, are its certificates and keys of a kind that uWebSockets.js knows? (${(error as Error).message})`,
      );
    }
  }

  #count(delta: number): void {
    this.#host.onConnectionCount(delta);
    this.#open += delta;
    if (this.#open >= this.#context.config.limits.connections) this.#loop.stop();
    else if (delta < 0) this.#loop.start();
  }
}

function serverTls({ tls }: CompiledListener, identities: IdentityBook): ServerTls | null {
  if (tls === null) return null;
  const certificates = tls.certificates.map(({ hosts, cert, key }) => {
    const { certPem, keyPem } = identities.get({ cert, key })!;
    return { hosts, certPem, keyPem };
  });
  return { ...tls, certificates };
}

function isSame(now: ServerTls['certificates'], before: ServerTls['certificates']): boolean {
  return JSON.stringify(now) === JSON.stringify(before);
}
