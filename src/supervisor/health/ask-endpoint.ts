import http from 'node:http';
import https from 'node:https';
import type { CompiledEndpoint } from '../../config/compiled.ts';
import type { ActiveHealth } from '../../config/compiled-care.ts';
import type { UpstreamTls } from '../../config/compiled-tls.ts';
import type { Identity } from '../../identities.ts';

/** TLS of an upstream with what it is shown. */
export interface AskedTls extends Omit<UpstreamTls, 'identity'> {
  readonly identity: Identity | null;
}

/** What a check came to: null when all was well, otherwise what was wrong, in words. */
export type CheckResult = string | null;

/** The body of an answer says nothing; of one that never ends no more than this is read. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Asks an endpoint whether it is well, on a connection of its own: one that a pool holds would say nothing about new ones.
 *
 * @returns after `rules.timeout` at the latest; never rejects
 */
export function askEndpoint(
  endpoint: CompiledEndpoint,
  tls: AskedTls | null,
  rules: ActiveHealth,
  signal: AbortSignal,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const { host, port } = endpoint;
    const options: https.RequestOptions = {
      host,
      port,
      path: rules.path,
      method: rules.method,
      headers: { 'user-agent': 'penstock-health', ...(rules.host === null ? {} : { host: rules.host }) },
      agent: false,
      signal,
      ...(tls === null ? {} : tlsOptions(tls)),
    };
    const request = (tls === null ? http : https).request(options);
    const end = (result: CheckResult): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(`no answer within ${rules.timeout} ms`), rules.timeout);
    request.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    request.on('response', (response) => {
      let bytes = 0;
      const status = response.statusCode ?? 0;
      const isExpected = rules.expect.some(([first, last]) => status >= first && status <= last);
      const finish = (): void => end(isExpected ? null : `status ${status}`);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES) finish();
      });
      response.on('end', finish);
      response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });
    request.end();
  });
}

function tlsOptions({ serverName, verify, authorities, identity }: AskedTls): https.RequestOptions {
  return {
    rejectUnauthorized: verify,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(authorities === null ? {} : { ca: authorities.pem }),
    ...(identity === null ? {} : { cert: identity.certPem, key: identity.keyPem }),
  };
}
