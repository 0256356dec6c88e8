import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';

/**
 * Whether a request was made by a web page, or could have been. Where no token is asked for, any page that a person on this machine
 * opens could otherwise have the gateway changed: with a form, or with a name of its own that it lets point to a loopback address
 * (DNS rebinding). Browsers say of the first kind where it comes from (the Fetch standard's `Origin` and `Sec-Fetch-Site`), and of
 * the second whom they think they speak to (`Host`).
 */
export function isFromWebPage({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined || (site !== undefined && site !== 'none')) return true;
  return host !== undefined && !isLoopbackName(host);
}

/** @param host as in the header: with or without a port */
function isLoopbackName(host: string): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true;
  return isIPv4(name) && name.startsWith('127.');
}
