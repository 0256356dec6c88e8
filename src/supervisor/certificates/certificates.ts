/**
 * Certificates and keys of the running config: read here, given to acceptors, and read again when their files change, without the
 * config being read again.
 *
 *   prepare   before a config is published: what it names is read, and acceptors have it
 *   use       it is live: its files are watched
 *   renew     a file is another: what is good goes to the acceptors, what is not changes nothing and is told of
 */
import { type CertificateRecord, readCertificates } from '../../config/certificates.ts';
import type { CompiledGlobals } from '../../config/compiled.ts';
import type { IdentityFiles } from '../../config/compiled-tls.ts';
import { readPem } from '../../config/pem-files.ts';
import { type Identity, IdentityBook, identityFilesOf } from '../../identities.ts';
import { type CertificateStatus, certificateStatus, type FileProblem } from './certificate-status.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { listCertificates } from './list-certificates.ts';
import { readIdentity } from './read-identity.ts';

type Globals = Pick<CompiledGlobals, 'listeners' | 'upstreams'>;

/** What an acceptor had made for certificates that were replaced it cannot free, some 10 KiB a name: with so many it is replaced. */
const MOST_RETIRED_NAMES = 5000;

/** What the rest of the supervisor does about certificates. */
export interface CertificatesHost {
  /** Gives them to every acceptor; resolves when new connections are shown them. */
  give(identities: readonly Identity[]): Promise<void>;
  /** The file of an authority has changed: whom to believe is a matter of the config. Resolves to whether it was taken. */
  reload(tellsRefusal: boolean): Promise<boolean>;
  /** Acceptors hold more than they should of what they cannot free. */
  replaceAcceptors(): void;
  report(message: string): void;
}

export class Certificates {
  /** Those in use. */
  readonly identities = new IdentityBook();
  readonly #host: CertificatesHost;
  readonly #watch = new CertificateWatch((isLastTry) => this.#renew(isLastTry));
  #globals: Globals = { listeners: [], upstreams: [] };
  #records: readonly CertificateRecord[] = [];
  /** In each acceptor, since they were last replaced for them. */
  #retiredNames = 0;
  /** By the file of the certificate. */
  readonly #problems = new Map<string, FileProblem>();

  constructor(host: CertificatesHost) {
    this.#host = host;
  }

  /** What is in use, of the config that is live. */
  get records(): readonly CertificateRecord[] {
    return this.#records;
  }

  get statuses(): CertificateStatus[] {
    return this.#records.map((record) => certificateStatus(record, this.#problems.get(record.file) ?? null));
  }

  /**
   * Reads what a config names, and gives acceptors what they do not have. Files that are no good now count as they were before.
   *
   * @returns why the config cannot be served: files it names were written anew since they were checked; null: it can
   */
  async prepare(globals: Globals): Promise<string | null> {
    try {
      await this.#give(this.#readAnew(globals, true).found);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** This config is live. */
  use(globals: Globals): void {
    this.#globals = globals;
    const files = identityFilesOf(globals);
    this.identities.keep(files);
    this.#list();
    this.#watch.use([...new Set([...files.flatMap(({ cert, key }) => [cert, key]), ...authoritiesOf(globals).keys()])]);
  }

  close(): void {
    this.#watch.close();
  }

  async #renew(isLastTry: boolean): Promise<boolean> {
    const { found, unusable } = this.#readAnew(this.#globals, isLastTry);
    await this.#give(found);
    for (const { cert, certPem } of found)
      this.#host.report(`the certificate in ${cert} is renewed, until ${readCertificates(certPem)[0].validTo}`);
    const isReloaded = !this.#authoritiesChanged() || (await this.#host.reload(isLastTry));
    return isReloaded && unusable === 0;
  }

  /**
   * @param tells whether to say what is wrong with those that cannot be used
   * @returns those that are others than the ones in use, and how many cannot be used
   */
  #readAnew(globals: Globals, tells: boolean): { readonly found: readonly Identity[]; readonly unusable: number } {
    this.#problems.clear();
    const found: Identity[] = [];
    let unusable = 0;
    for (const files of identityFilesOf(globals)) {
      const known = this.identities.get(files);
      try {
        const identity = readIdentity(files);
        if (known?.certPem !== identity.certPem || known.keyPem !== identity.keyPem) found.push(identity);
      } catch (error) {
        if (known === null) throw error;
        unusable++;
        if (tells) this.#tellProblem(files, (error as Error).message);
      }
    }
    return { found, unusable };
  }

  #tellProblem({ cert }: IdentityFiles, message: string): void {
    this.#problems.set(cert, { at: new Date(), message });
    this.#host.report(`the certificate in ${cert} is not renewed, the one before goes on. ${message}`);
  }

  async #give(identities: readonly Identity[]): Promise<void> {
    if (identities.length === 0) return;
    for (const identity of identities) this.identities.put(identity);
    await this.#host.give(identities);
    this.#list();
    this.#countRetired();
  }

  #countRetired(): void {
    this.#retiredNames += namesOf(this.#globals);
    if (this.#retiredNames < MOST_RETIRED_NAMES) return;
    this.#retiredNames = 0;
    this.#host.replaceAcceptors();
  }

  #list(): void {
    this.#records = listCertificates(this.#globals, this.identities);
  }

  #authoritiesChanged(): boolean {
    return [...authoritiesOf(this.#globals)].some(([file, pem]) => {
      try {
        return readPem(file) !== pem;
      } catch {
        return true;
      }
    });
  }
}

/** Files of authorities with what is in them. */
function authoritiesOf({ listeners, upstreams }: Globals): Map<string, string> {
  const all = [
    ...listeners.map(({ tls }) => tls?.clientCertificates?.authorities),
    ...upstreams.map(({ tls }) => tls?.authorities),
  ];
  return new Map(all.flatMap((from) => (from == null ? [] : [[from.file, from.pem] as const])));
}

/** Names that the apps of an acceptor are made for, its defaults included. */
function namesOf({ listeners }: Globals): number {
  return listeners.reduce(
    (sum, { tls }) => sum + (tls === null ? 0 : 1 + tls.certificates.flatMap(({ hosts }) => hosts).length),
    0,
  );
}
