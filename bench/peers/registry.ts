import { caddy } from './gateways/caddy.ts';
import { envoy } from './gateways/envoy.ts';
import { haproxy } from './gateways/haproxy.ts';
import { nginx } from './gateways/nginx.ts';
import { traefik } from './gateways/traefik.ts';
import type { Peer } from './peer.ts';

/** Every gateway that Penstock is compared with, in the order of the first round. */
export const PEERS: readonly Peer[] = [nginx, haproxy, envoy, caddy, traefik];
