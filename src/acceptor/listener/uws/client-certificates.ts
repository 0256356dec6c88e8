import { connectionKey } from '../../../../native-bindings/native.ts';
import type { HttpResponse } from '../../../../native-bindings/uws-types.ts';
import type { ClientCertificateRules } from '../../../config/compiled-tls.ts';
import { type ClientCertificate, readClientCertificate } from '../../../decision/client-certificate.ts';
import type { RequestHead } from '../downstream.ts';

/**
 * Certificates of the clients of open connections. uWS asks for one and checks whose it is, but takes a connection without one,
 * too: that it is there is for us to see to. Each is read with the first request of its connection, because reading takes
 * some 200 us, and cannot become another one (TLS 1.3 after the handshake, and renegotiation, are off in uWS's library).
 */
export class ClientCertificates {
  readonly #rules: ClientCertificateRules;
  readonly #wall: () => number;
  /** Null: there is none. `unreadable`: uWS's library takes it for one, and Node's does not. */
  readonly #byConnection = new Map<number, ClientCertificate | 'unreadable' | null>();

  /** @param wall milliseconds since the epoch */
  constructor(rules: ClientCertificateRules, wall: () => number = Date.now) {
    this.#rules = rules;
    this.#wall = wall;
  }

  /** A connection was closed. */
  onClosed(res: HttpResponse): void {
    this.#byConnection.delete(connectionKey(res));
  }

  /** Tells the head of a request who asks, or what is wrong with it. */
  identify(res: HttpResponse, head: RequestHead): void {
    const certificate = this.#of(res);
    if (certificate === null) {
      if (this.#rules.required) head.fault ??= 'client_certificate_required';
    } else if (certificate === 'unreadable' || certificate.notAfter < this.#wall()) {
      // A connection, or a session that was resumed, may outlive the certificate it began with.
      head.fault ??= 'client_certificate_refused';
    } else {
      head.clientCertificate = certificate;
      if (this.#rules.forward !== null) head.headers.push(this.#rules.forward, certificate.headerValue);
    }
  }

  #of(res: HttpResponse): ClientCertificate | 'unreadable' | null {
    const key = connectionKey(res);
    const known = this.#byConnection.get(key);
    if (known !== undefined) return known;
    const found = read(res.getX509Certificate?.() ?? '');
    if (key !== 0) this.#byConnection.set(key, found);
    return found;
  }
}

function read(pem: string): ClientCertificate | 'unreadable' | null {
  if (pem === '') return null;
  try {
    return readClientCertificate(pem);
  } catch {
    return 'unreadable';
  }
}
