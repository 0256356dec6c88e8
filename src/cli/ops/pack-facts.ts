/** What every part of the pack goes by. */
import type { Config } from '../../config/schema/schema.ts';

export interface PackFacts {
  readonly config: Config;
  /** Matcher of the label that Prometheus gives to what it scrapes from these gateways. */
  readonly job: string;
  /** What follows a command that asks the gateway. */
  readonly admin: string;
}

/** How the commands of a page reach the gateway: `--admin ADDRESS`. */
export function adminOption({ admin: { address } }: Config): string {
  if ('unix' in address) return `--admin unix:${address.unix}`;
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  const port = address.port === 0 ? 'PORT' : address.port;
  return `--admin ${host.includes(':') ? `[${host}]` : host}:${port}`;
}
