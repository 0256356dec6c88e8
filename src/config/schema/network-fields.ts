/** Fields whose text is a network name: addresses, CIDR blocks, hosts, endpoint URLs. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { z } from 'zod';
import { normaliseHost } from '../../decision/normalise-host.ts';
import { parsedText, Refusal } from './fields.ts';

/** Where to listen. */
export type Address = { readonly host: string; readonly port: number } | { readonly unix: string };

/** What an endpoint's URL says. */
export interface EndpointUrl {
  /** `http://host:port`, with the port also where the URL left it out. */
  readonly name: string;
  readonly scheme: 'http' | 'https';
  /** IPv6 addresses without brackets. */
  readonly host: string;
  readonly port: number;
}

/** One label of a host name; underscores are no DNS host names, but private networks are full of them. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

export function address(): z.ZodType<Address> {
  const about = {
    type: 'address',
    expected: 'an IP address and a port, such as 0.0.0.0:8080 or [::1]:8080, or unix:/path/to/socket',
    json: { examples: ['0.0.0.0:8080', '[::]:8080', 'unix:/run/penstock.sock'] },
  };
  return parsedText(about, (input) => {
    if (input.startsWith('unix:')) return parseUnixAddress(input.slice(5));
    const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(input);
    if (parts === null) return new Refusal('{value} is not an address');
    const host = parts[1] ?? (parts[2] === 'localhost' ? '127.0.0.1' : parts[2]!);
    const port = Number(parts[3]);
    if (parts[1] === undefined ? !isIPv4(host) : !isIPv6(host))
      return new Refusal('{value} does not begin with an IP address');
    return port > 65535
      ? new Refusal('{value} has a port out of range', 'a port from 1 to 65535, or 0 for any free one')
      : { host, port };
  });
}

/** True for an address that only this machine reaches. */
export function isLoopback(at: Address): boolean {
  return 'unix' in at || at.host === '::1' || at.host.startsWith('127.');
}

export function formatAddress(at: Address): string {
  if ('unix' in at) return `unix:${at.unix}`;
  return isIPv6(at.host) ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}

/** An IP address or a block of them: `10.0.0.0/8`. */
export function cidr(): z.ZodType<string> {
  const about = { type: 'CIDR block', expected: 'an IP address or a block such as 10.0.0.0/8 or fd00::/8', json: {} };
  return parsedText(about, (input) => {
    const [ip = '', bits, ...rest] = input.split('/');
    const version = isIP(ip);
    if (version === 0 || rest.length > 0) return new Refusal('{value} is not a CIDR block');
    if (bits === undefined) return input;
    const most = version === 4 ? 32 : 128;
    if (!/^\d{1,3}$/.test(bits) || Number(bits) > most)
      return new Refusal('{value} has a bad prefix length', `0 to ${most} bits behind the slash`);
    return input;
  });
}

/** A host as routes and certificates name it: `shop.example.com`, or `*.example.com` for every name below it. */
export function hostPattern(): z.ZodType<string> {
  const about = {
    type: 'host',
    expected: 'a lower-case host name such as shop.example.com, or *.example.com',
    json: {},
  };
  return parsedText(about, (input) => {
    const bare = input.startsWith('*.') ? input.slice(2) : input;
    if (input.startsWith('[') && input.endsWith(']')) return checkIPv6Host(input);
    if (bare.includes('*'))
      return new Refusal('{value} has a * in the wrong place', 'it only as the first label: *.example.com');
    if (/:\d*$/.test(bare)) return new Refusal('{value} has a port', 'the host alone: routes match on every port');
    if (isHostName(bare)) return input;
    return refuseHost(input, bare);
  });
}

const ENDPOINT_URL = {
  type: 'URL',
  expected: 'an origin such as http://10.0.0.1:8080 or https://orders.internal',
  json: { examples: ['http://127.0.0.1:9001', 'https://orders.internal'] },
};

/** An `http` or `https` origin, without path. `finish` makes of it what the field stands for. */
export function endpointUrl<T>(finish: (url: EndpointUrl) => T): z.ZodType<T> {
  return parsedText(ENDPOINT_URL, (input) => {
    const url = parseEndpointUrl(input);
    return url instanceof Refusal ? url : finish(url);
  });
}

function parseEndpointUrl(input: string): EndpointUrl | Refusal {
  if (!URL.canParse(input)) return new Refusal('{value} is not a URL');
  const url = new URL(input);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') return new Refusal('{value} is neither http nor https');
  if (url.username !== '' || url.password !== '') return new Refusal('{path} holds a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return new Refusal('{value} has a path', 'an origin alone (a route changes paths with stripPrefix)');
  }
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  if (port === 0) return new Refusal('{value} has port 0', 'a port from 1 to 65535');
  return { name: `${scheme}://${url.hostname}:${port}`, scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** A lower-case host name or IPv4 address. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

function checkIPv6Host(input: string): string | Refusal {
  const normal = normaliseHost(input);
  if (normal === null) return new Refusal('{value} is not an IPv6 address');
  return normal === input
    ? input
    : Refusal.misspelt('{value} is not in the form that requests are compared in', normal);
}

function refuseHost(input: string, bare: string): Refusal {
  const ascii = domainToASCII(bare);
  if (ascii === '' || ascii === bare || !isHostName(ascii)) return new Refusal('{value} is not a host name');
  const spelling = `${input.startsWith('*.') ? '*.' : ''}${ascii}`;
  // Clients send IDNA's ASCII form (RFC 5891), in any case; requests are compared in that form, in lower case.
  return Refusal.misspelt('{value} is not in the form that requests are compared in', JSON.stringify(spelling));
}

function parseUnixAddress(path: string): Address | Refusal {
  if (!path.startsWith('/') || path.includes('\0'))
    return new Refusal('{value} has no absolute path', 'unix:/path/to/socket');
  // sun_path has 108 bytes with its NUL (unix(7)).
  return Buffer.byteLength(path) > 107
    ? new Refusal('{value} is too long', 'a socket path of at most 107 bytes')
    : { unix: path };
}
