/** What takes more than one field to judge: names that must be there, or be there once, and values that must agree. */

import { checkConsumers } from './check-consumers.ts';
import { checkEdits } from './check-edits.ts';
import { checkModules } from './check-modules.ts';
import { checkPolicies } from './check-policies.ts';
import { checkRoutes } from './check-routes.ts';
import { checkTests } from './check-tests.ts';
import { TlsCheck } from './check-tls.ts';
import { checkKeyFiles } from './compile-jwt.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import type { PemFiles } from './pem-files.ts';
import { checkPolicyFiles } from './policy-files.ts';
import type { PolicyModules } from './policy-modules.ts';
import type { Report } from './report.ts';
import { NAME } from './schema/fields.ts';
import { formatAddress, isLoopback } from './schema/network-fields.ts';
import type { Upstream } from './schema/schema.ts';
import { type Source, valueAt } from './source/source.ts';

/** What checking reads beside the config, kept for what is done with it afterwards. */
export interface ReadAlong {
  readonly modules: PolicyModules;
  readonly pemFiles: PemFiles;
}

/** Checks as much of a config as could be parsed. Reads the TLS files it names, and runs users' modules. */
export function checkDraft(draft: Draft, source: Source, read: ReadAlong, report: Report): void {
  checkListeners(draft, report);
  checkAdmin(draft, report);
  for (const [name, upstream] of draft.upstreams) checkUpstream(name, upstream, report);
  checkRoutes(draft, report);
  checkConsumers(draft, report);
  checkPolicies(draft, report);
  checkModules(draft, source, read.modules, report);
  checkKeyFiles(draft.value, source, report);
  checkEdits(draft, report);
  checkTests(draft, report);
  checkPolicyFiles(draft, source, report);
  checkConsumers(draft, report);
  const tls = new TlsCheck(source, read.pemFiles, report);
  for (const [index, listener] of draft.listeners.entries()) {
    if (listener?.tls !== undefined) tls.listener(listener.tls, ['listeners', index, 'tls']);
  }
  for (const [name, upstream] of draft.upstreams) {
    if (upstream?.tls !== undefined) tls.upstream(upstream.tls, ['upstreams', name, 'tls']);
  }
}

function checkListeners({ listeners, value }: Draft, report: Report): void {
  const names = new Map<string, ConfigPath>();
  const addresses = new Map<string, ConfigPath>();
  for (const [index, listener] of listeners.entries()) {
    const name = valueAt(value, ['listeners', index, 'name']);
    if (typeof name === 'string') report.repeated(names, name, ['listeners', index, 'name']);
    if (listener === null) continue;
    const isAnyFreePort = 'port' in listener.address && listener.address.port === 0;
    if (isAnyFreePort) continue;
    report.repeated(addresses, formatAddress(listener.address), ['listeners', index, 'address']);
  }
}

function checkAdmin({ admin, listeners }: Draft, report: Report): void {
  if (admin === null) return;
  if (!isLoopback(admin.address) && admin.token === undefined) {
    report.error(
      ['admin', 'address'],
      '{value} can be reached from other machines and admin.token is not set, expected a token or a loopback address',
    );
  }
  const address = formatAddress(admin.address);
  const taken = listeners.findIndex((listener) => listener !== null && formatAddress(listener.address) === address);
  if (taken === -1 || address.endsWith(':0')) return;
  const place = report.placeOf(['listeners', taken, 'address']);
  report.error(
    ['admin', 'address'],
    `{value} is a listener's address too, expected one of its own (listener at ${place})`,
  );
}

function checkUpstream(name: string, upstream: Upstream | null, report: Report): void {
  const path = ['upstreams', name];
  if (!NAME.test(name)) {
    const message = `${JSON.stringify(name)} is not a name, expected 1 to 128 printable ASCII characters without blanks`;
    report.error(path, message, 'key');
  }
  if (upstream === null) return;
  const urls = new Map<string, ConfigPath>();
  const { scheme } = upstream.endpoints[0]!.url;
  for (const [index, { url }] of upstream.endpoints.entries()) {
    const endpointPath = [...path, 'endpoints', index];
    report.repeated(urls, url.name, endpointPath);
    if (url.scheme !== scheme)
      report.error(endpointPath, `{value} is ${url.scheme}, expected ${scheme} as the first endpoint`);
  }
  if (upstream.tls !== undefined && scheme === 'http') {
    report.error([...path, 'tls'], 'tls is set but the endpoints are http, expected https endpoints or no tls', 'key');
  }
}
