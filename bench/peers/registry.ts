import { caddy } from './gateways/caddy.ts';
import { envoy } from './gateways/envoy.ts';
import { haproxy } from './gateways/haproxy.ts';
import { nginx } from './gateways/nginx.ts';
import { penstock } from './gateways/penstock.ts';
import { traefik } from './gateways/traefik.ts';
import type { Peer } from './peer.ts';

/** The gateway that the others' figures are given as ratios to. */
export const BASE = nginx.name;

/** Every gateway of the comparison, in the order of the first round. */
export const PEERS: readonly Peer[] = [penstock, nginx, haproxy, envoy, caddy, traefik];
