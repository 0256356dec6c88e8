import type { HttpRequest, HttpResponse, TemplatedApp, Uws } from '../../../../native-bindings/uws-types.ts';
import { formatAddress } from '../../../decision/ip-address.ts';
import type { ExchangeStarter, ListenerContext } from '../downstream.ts';
import { HeadReader } from './head-reader.ts';
import { UwsDownstream } from './uws-downstream.ts';

/** What a listener needs of its acceptor. */
export interface UwsListenerHost {
  /** The exchange that owns a new request. */
  readonly start: ExchangeStarter;
  /** A connection was opened (+1) or closed (-1). */
  onConnectionCount(delta: number): void;
}

/**
 * Builds the uWS app of one listener. Nothing is ever removed from it: a changed listener is another app, and the old one
 * lives on until its connections end.
 *
 * @returns a function that gives the app an accepted socket
 */
export function createUwsListener(uws: Uws, context: ListenerContext, host: UwsListenerHost): (fd: number) => void {
  const app = createApp(uws, context);
  setTimeouts(app, context);
  app.filter((_res, delta) => host.onConnectionCount(delta));
  const reader = new HeadReader(context.config);
  const handler = (res: HttpResponse, req: HttpRequest) => serve(res, req, reader, context, host.start);
  // Each server name has a router of its own; after the loop the default one is chosen again.
  for (const name of serverNames(context)) app.domain(name).any('/*', handler);
  (context.config.tls === null ? app : app.domain('')).any('/*', handler);
  return (fd) => app.adoptSocket(fd);
}

/** Anything thrown in here before `onAborted` is set would end the process without a word, so that comes first. */
function serve(
  res: HttpResponse,
  req: HttpRequest,
  reader: HeadReader,
  context: ListenerContext,
  start: ExchangeStarter,
): void {
  let downstream: UwsDownstream | null = null;
  res.onAborted(() => downstream?.onAborted());
  try {
    const head = reader.read(req, formatAddress(res.getRemoteAddress()));
    downstream = new UwsDownstream(res, head, context);
    const created = downstream;
    // Attached in this turn or the bytes that came with the head are lost; also when the gateway answers by itself.
    if (head.contentLength !== 0) res.onData((chunk, isLast) => created.onData(chunk, isLast));
    created.handler = start(created);
    created.inHandler = false;
  } catch (error) {
    // A bug of ours: uWS would swallow or abort on it, so make it the uncaught exception that ends this acceptor.
    setImmediate(() => {
      throw error;
    });
  }
}

function createApp(uws: Uws, { config }: ListenerContext): TemplatedApp {
  if (config.tls === null) return uws.App();
  const [first] = config.tls.certificates;
  const app = uws.SSLApp({ cert_file_name: first!.cert, key_file_name: first!.key });
  for (const { hosts, cert, key } of config.tls.certificates) {
    for (const name of hosts) app.addServerName(name, { cert_file_name: cert, key_file_name: key });
  }
  return app;
}

function serverNames({ config }: ListenerContext): string[] {
  return config.tls === null ? [] : config.tls.certificates.flatMap(({ hosts }) => [...hosts]);
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
  return ((Math.ceil(ms / TIMER_ROUND_MS) + 1) * TIMER_ROUND_MS) / 1000;
}
