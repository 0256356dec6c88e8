/** TLS of listeners and upstreams as acceptors read it. */

/** Which versions and ciphers a listener takes. */
export type TlsProfile = 'modern' | 'intermediate';

/** Where a certificate and its key stand: absolute paths. What is in the files comes another way, see identities.ts. */
export interface IdentityFiles {
  readonly cert: string;
  readonly key: string;
}

export interface CompiledCertificate extends IdentityFiles {
  /** Names it is served for: lower case, `*.` for one label. */
  readonly hosts: readonly string[];
}

/** Certificates of those whom a listener or an upstream believes; no secret. */
export interface Authorities {
  /** Absolute path. */
  readonly file: string;
  /** What was in it. */
  readonly pem: string;
}

/** What a listener wants to know of its clients. */
export interface ClientCertificateRules {
  /** Whom certificates must come from. */
  readonly authorities: Authorities;
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
  /** Whom to believe in place of those the system knows; null: those. */
  readonly authorities: Authorities | null;
  /** What the gateway shows an endpoint that asks; null: nothing. */
  readonly identity: IdentityFiles | null;
}
