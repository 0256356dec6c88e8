/** An ops pack of a config with budgets of every kind. */
import { opsPack } from '../../../../src/cli/ops/ops-pack.ts';
import { configOf } from '../../config/diagnose.ts';

/** A name that means something to shells, regular expressions, PromQL and Markdown alike. */
export const ODD_NAME = 'odd.(name)|$x`"';

export const BUDGETED = `version: 1
listeners: [{ name: public, address: "127.0.0.1:0" }]
admin: { address: 127.0.0.1:9901, token: very-secret }
upstreams:
  shop: { endpoints: ["http://127.0.0.1:9001", "http://127.0.0.1:9002"] }
consumers: { acme: { keys: [key-of-acme] } }
policies: { partner: [{ keyAuth: { header: x-key } }, { rateLimit: { limit: 100/s, by: ip } }] }
budget: { errors: 0.1%, overhead: { p99: 5ms } }
routes:
  - { name: catalog, match: { path: /catalog/* }, forward: { upstream: shop }, budget: { p99: 20ms } }
  - { name: '${ODD_NAME}', match: { path: "/odd/{id}" }, policies: [partner], forward: { upstream: shop }, budget: { errors: 5% } }
  - { name: strict, match: { path: /strict }, forward: { upstream: shop }, budget: { errors: 0%, overhead: { p50: 60us } } }
`;

export function packOf(text: string, job = 'penstock'): ReadonlyMap<string, string> {
  return opsPack(configOf(text), { job });
}
