import type { WorkloadLine } from '../load/workload.ts';
import { renderAnswer } from '../origin/answer-header.ts';
import type { Scenario } from './scenario.ts';

const PATHS = 16;

/** What everything else is compared with: a request in, the same request out, 1 KiB back, nothing decided. */
export const plainProxy: Scenario = {
  name: 'plain-proxy',
  purpose: 'What the gateway costs when it only forwards: no policies, one route, an answer of 1 KiB at once.',
  prepare: async ({ gatewayPort, adminPort, originPorts }) => ({
    config: `
version: 1
listeners:
  - { name: public, address: "127.0.0.1:${gatewayPort}" }
admin: { address: "127.0.0.1:${adminPort}" }
runtime: { acceptors: 1 }
telemetry: { accessLog: none }
upstreams:
  origin: { endpoints: ["http://127.0.0.1:${originPorts[0]}"] }
routes:
  - { name: all, match: { path: "/*" }, forward: { upstream: origin } }
`,
    workload: requests,
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};

function* requests(): Generator<WorkloadLine> {
  for (let n = 0; n < PATHS; n++) {
    const head = [
      `GET /catalog/${n} HTTP/1.1`,
      'host: shop.example.com',
      'accept: application/json',
      'user-agent: penstock-bench',
      `x-bench-answer: ${renderAnswer({ bytes: 1_024 })}`,
    ];
    yield {
      at: n,
      label: 'all',
      head: `${head.join('\r\n')}\r\n\r\n`,
      body: null,
      fillerBytes: 0,
      bodyless: false,
      expect: 200,
    };
  }
}
