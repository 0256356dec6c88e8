import net from 'node:net';
import tls from 'node:tls';
import type { CompiledEndpoint } from '../../config/compiled.ts';
import type { UpstreamTls } from '../../config/compiled-tls.ts';
import type { Identity } from '../../identities.ts';

/** Bytes that may wait in a socket's write buffer before the writer is asked to pause. */
export const WRITE_HIGH_WATER_BYTES = 64 * 1024;

/** How long a socket whose peer refuses our bytes is still read, in milliseconds: the answer may be on its way. */
const LAST_WORDS_MS = 100;

/**
 * One read buffer for all upstream sockets of the process. A read ends in its callback before the next one begins, and
 * whoever keeps bytes past the callback copies them, so sharing is safe and 10,000 connections cost no 640 MB.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

type Address = Pick<CompiledEndpoint, 'host' | 'port'>;

/** What is the same for all connections to one endpoint. */
export interface SocketTarget<Endpoint extends Address = CompiledEndpoint> {
  readonly endpoint: Endpoint;
  readonly tls: TlsTarget | null;
}

/** TLS settings of one endpoint, and the session that makes its next handshake short. */
export interface TlsTarget {
  readonly context: tls.SecureContext;
  readonly serverName: string | null;
  readonly verify: boolean;
  session: Buffer | null;
}

/**
 * @throws Error when the CA bundle, the certificate or its key is no PEM: the config was checked before it was published, so this is a broken invariant
 */
export function socketTarget<Endpoint extends Address>(
  endpoint: Endpoint,
  settings: UpstreamTls | null,
  identity: Identity | null = null,
): SocketTarget<Endpoint> {
  if (settings === null) return { endpoint, tls: null };
  const { authorities } = settings;
  const context = tls.createSecureContext({
    ...(authorities === null ? {} : { ca: authorities.pem }),
    ...(identity === null ? {} : { cert: identity.certPem, key: identity.keyPem }),
  });
  // A name from the URL goes out as SNI; an address must not (RFC 6066, section 3) but is checked against the certificate.
  const serverName = settings.serverName ?? (net.isIP(endpoint.host) === 0 ? endpoint.host : null);
  return { endpoint, tls: { context, serverName, verify: settings.verify, session: null } };
}

/** Event that says the socket may carry requests. */
export function readyEvent(target: SocketTarget<Address>): 'connect' | 'secureConnect' {
  return target.tls === null ? 'connect' : 'secureConnect';
}

/**
 * Starts connecting. Every read is handed to `onBytes` as a count of bytes at the start of the buffer, which holds them
 * only until it returns.
 */
export function openSocket(
  target: SocketTarget<Address>,
  onBytes: (count: number, buffer: Buffer) => void,
): net.Socket {
  const { host, port } = target.endpoint;
  const onread = {
    buffer: READ_BUFFER,
    callback(count: number): boolean {
      onBytes(count, READ_BUFFER);
      return true;
    },
  };
  const options = { host, port, noDelay: true, highWaterMark: WRITE_HIGH_WATER_BYTES, onread };
  const socket = target.tls === null ? net.connect(options) : openTls(target.tls, options);
  return hearLastWords(socket);
}

function openTls(target: TlsTarget, options: net.TcpNetConnectOpts): tls.TLSSocket {
  const socket = tls.connect({
    ...options,
    secureContext: target.context,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: target.verify,
    ...(target.serverName === null ? {} : { servername: target.serverName }),
    ...(target.session === null ? {} : { session: target.session }),
  } as tls.ConnectionOptions);
  socket.on('session', (session: Buffer) => {
    target.session = session;
  });
  return socket;
}

/**
 * Makes a failed write leave the socket readable for a moment. A peer that answers early (413, 401) and closes makes our
 * next write fail while its answer waits in the kernel's buffer; node:net would destroy the socket with the answer unread.
 * The end of the reading then closes the socket, or the time limit does.
 */
function hearLastWords(socket: net.Socket): net.Socket {
  const destroyNow = socket.destroy.bind(socket);
  let lingering = false;
  socket.destroy = (error?: Error): net.Socket => {
    if (!isWriteError(error)) return destroyNow(error);
    if (!lingering) {
      lingering = true;
      setTimeout(destroyNow, LAST_WORDS_MS, error).unref();
    }
    return socket;
  };
  return socket;
}

function isWriteError(error: NodeJS.ErrnoException | undefined): boolean {
  return error !== undefined && error !== null && (error.syscall === 'write' || error.syscall === 'writev');
}
