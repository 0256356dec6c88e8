/** TLS of listeners and upstreams as acceptors read it: the texts of the files, as they were when they were checked. */

/** Which versions and ciphers a listener takes. */
export type TlsProfile = 'modern' | 'intermediate';

/** A certificate with its key. PEM. */
export interface CompiledIdentity {
  /** The certificate, then those that lead to its authority. */
  readonly cert: string;
  /** Secret: never printed, logged, or shown by the admin API. */
  readonly key: string;
}

export interface CompiledCertificate extends CompiledIdentity {
  /** Names it is served for: lower case, `*.` for one label. */
  readonly hosts: readonly string[];
}

/** What a listener wants to know of its clients. */
export interface ClientCertificateRules {
  /** PEM bundle of the authorities that certificates must come from. */
  readonly ca: string;
  /** Whether requests without a certificate are refused. */
  readonly required: boolean;
  /** Header that carries the certificate to the upstream (RFC 9440), in lower case; null: none does. */
  readonly forward: string | null;
}

export interface ListenerTls {
  readonly profile: TlsProfile;
  /** The first one is the default. */
  readonly certificates: readonly CompiledCertificate[];
  /** Null: clients are not asked for any. */
  readonly clientCertificates: ClientCertificateRules | null;
}

export interface UpstreamTls {
  /** The name sent as SNI and checked against the certificate; null: the endpoint's host. */
  readonly serverName: string | null;
  /** False only when the config says so in as many words. */
  readonly verify: boolean;
  /** PEM bundle that replaces the system's roots; null: the system's. */
  readonly ca: string | null;
  /** What the gateway shows an upstream that asks; null: nothing. */
  readonly identity: CompiledIdentity | null;
}
