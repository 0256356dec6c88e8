import { join } from 'node:path';
import { sameWork } from '../peers/job.ts';
import { makeCertificate } from './certificate.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const HOST = 'shop.example.com';
const CERT_FILE = 'tls.pem';
/** Named as HAProxy looks for it. */
const KEY_FILE = 'tls.pem.key';

/** Mostly records, some handshakes, as browsers have it: a connection ends after fifty requests, and the next resumes its session. */
export const tls: Scenario = {
  name: 'tls',
  purpose: 'What TLS costs: plain-proxy over HTTPS, a new connection every fifty requests, sessions resumed.',
  closedLoop: true,
  peers: sameWork({ tls: { certFile: CERT_FILE, keyFile: KEY_FILE, host: HOST } }),
  prepare: async (place) => {
    const { cert, key } = makeCertificate(place.folder, HOST);
    const certificate = { hosts: [HOST], cert: join(place.folder, CERT_FILE), key: join(place.folder, KEY_FILE) };
    return {
      config: gatewayConfig(place, { listener: { tls: { certificates: [certificate] } } }),
      files: { [CERT_FILE]: cert, [KEY_FILE]: key },
      workload: () => requests(16, (number) => ({ path: `/catalog/${number}` })),
      load: { pace: { kind: 'rate', perSecond: 1_000 }, tls: true, requestsPerConnection: 50 },
    };
  },
};
