import type { HttpRequest, HttpResponse, TemplatedApp, Uws } from '../../../../native-bindings/uws-types.ts';
import type { ExchangeStarter, ListenerContext } from '../downstream.ts';
import { ClientCertificates } from './client-certificates.ts';
import { HeadReader } from './head-reader.ts';
import { PeerAddresses } from './peer-addresses.ts';
import { createTlsApp, type ServerTls } from './tls-app.ts';
import { UwsDownstream } from './uws-downstream.ts';

/** uWS counts 240 steps of 4 s round and round: a longer timer would fire after what is left over. */
const LONGEST_TIMER_SECONDS = 239 * 4;

/** What a listener needs of its acceptor. */
export interface UwsListenerHost {
  /** The exchange that owns a new request. */
  readonly start: ExchangeStarter;
  /** A connection was opened (+1) or closed (-1). */
  onConnectionCount(delta: number): void;
}

/**
 * The uWS app of one listener. Nothing is ever removed from it: a changed listener is another app, and the old one lives on
 * until its connections end.
 */
export class UwsListener {
  readonly #app: TemplatedApp;
  readonly #context: ListenerContext;
  readonly #start: ExchangeStarter;
  readonly #reader: HeadReader;
  readonly #peers = new PeerAddresses();
  /** Null: clients are not asked for any. */
  readonly #clients: ClientCertificates | null;

  /** @param tls null: plain HTTP */
  constructor(uws: Uws, context: ListenerContext, tls: ServerTls | null, host: UwsListenerHost) {
    this.#context = context;
    this.#start = host.start;
    this.#reader = new HeadReader(context.config);
    const serve = (res: HttpResponse, req: HttpRequest) => this.#serve(res, req);
    const app = tls === null ? uws.App().any('/*', serve) : createTlsApp(uws, tls, serve);
    this.#clients =
      tls === null || tls.clientCertificates === null ? null : new ClientCertificates(tls.clientCertificates);
    setTimeouts(app, context);
    const onConnection = (res: HttpResponse, change: 1 | -1) => {
      this.#peers.onConnection(res, change);
      if (change === -1) this.#clients?.onClosed(res);
      host.onConnectionCount(change);
    };
    app.filter(onConnection);
    this.#app = app;
  }

  /** Takes over an accepted socket. */
  adopt(fd: number): void {
    this.#app.adoptSocket(fd);
  }

  /** Anything thrown in here before `onAborted` is set would end the process without a word, so that comes first. */
  #serve(res: HttpResponse, req: HttpRequest): void {
    let downstream: UwsDownstream | null = null;
    res.onAborted(() => downstream?.onAborted());
    try {
      const head = this.#reader.read(req, this.#peers.of(res));
      this.#clients?.identify(res, head);
      const created = new UwsDownstream(res, head, this.#context);
      downstream = created;
      // Attached in this turn or the bytes that came with the head are lost; also when the gateway answers by itself.
      if (head.contentLength !== 0) res.onData((chunk, isLast) => created.onData(chunk, isLast));
      created.handler = this.#start(created);
      created.inHandler = false;
    } catch (error) {
      // A bug of ours: uWS would swallow it or abort, so make it the uncaught exception that ends this acceptor.
      setImmediate(() => {
        throw error;
      });
    }
  }
}

/** uWS looks at its timers this often, all at once: one that is set to `n` rounds ends after `n - 1` to `n` of them. */
const TIMER_ROUND_MS = 4000;

/**
 * uWS's own timers, where this build lets them be set: until a head is complete, and between two requests. The gateway's
 * timers rule everything in between.
 */
function setTimeouts(app: TemplatedApp, { config }: ListenerContext): void {
  app.setIdleTimeout?.(secondsOfAtLeast(config.limits.headerTimeout));
  app.setResponseTimeout?.(secondsOfAtLeast(config.limits.idleTimeout));
}

/** One round more than the time has, because the first may be over at once: nobody is cut off early. */
function secondsOfAtLeast(ms: number): number {
  const seconds = ((Math.ceil(ms / TIMER_ROUND_MS) + 1) * TIMER_ROUND_MS) / 1000;
  return Math.min(seconds, LONGEST_TIMER_SECONDS);
}
