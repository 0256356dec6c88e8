/** Runbooks about clients that are turned away. */
import type { PackFacts } from '../pack-facts.ts';
import { select } from '../promql.ts';
import { codesOf } from '../rules/error-codes.ts';
import { code, examplesOf, listed, routesWith } from './names.ts';
import type { Runbook } from './runbook.ts';

export function mass401({ config, admin, job }: PackFacts): Runbook {
  const { request } = examplesOf(config);
  return {
    title: 'Mass 401: clients that were let in are not any more',
    means:
      'Many requests of a route are answered 401. The code tells apart who is at fault: clients (expired, missing), an issuer that changed its keys, or a config that asks for something else now.',
    confirm: [
      [
        'Which codes, on which routes:',
        `sum by (route, code) (rate(${select('penstock_gateway_errors_total', job, codesOf(401))}[5m]))`,
      ],
      ['Key sets that could not be fetched are among the first lines.', `penstock status ${admin}`],
      [
        'What a token would meet. Its value is not shown.',
        `penstock explain ${request} -H "authorization: Bearer $TOKEN"`,
      ],
      ['What changed last:', `penstock history ${admin}`],
    ],
    causes: [
      '`token_key_unknown`, `keys_unavailable`: the issuer changed its keys, or its key set cannot be fetched from here.',
      '`token_expired`, `token_not_yet_valid`: a client does not renew its tokens, or a clock is wrong: compare `date -u` here and there.',
      '`credentials_invalid`: keys were rotated on one side alone; a reference of the config holds the old value until it is read again.',
      '`token_claims_refused`: audience or issuer changed, most often with a release of the identity provider.',
      '`credentials_missing` from many addresses: somebody tries paths. From one: a client lost its configuration.',
    ],
    here: listed(
      routesWith(config, ['jwt', 'keyAuth', 'basicAuth']),
      ({ name }) => `route ${code(name)} asks for credentials`,
    ),
    act: [
      ['It began with a change of the config: go back.', `penstock rollback ${admin} --why 'clients get 401'`],
      ['A secret was rotated: have references read again.', `penstock reload ${admin} --why 'keys were rotated'`],
      [
        'The key set cannot be fetched: fetch it from the machine of the gateway, and mend DNS, proxy or firewall. The gateway tries again by itself.',
        'curl -v KEY_SET_URL',
      ],
      ['An attack: let it run into 401, which costs little, and limit the route if it does cost.', null],
    ],
    helps: ['Read secrets and key sets again:', `penstock reload ${admin} --why 'keys were rotated'`],
  };
}

export function surge429({ config, admin, job }: PackFacts): Runbook {
  const limited = routesWith(config, ['rateLimit', 'quota', 'concurrency']);
  const { route } = examplesOf(limited.length === 0 ? config : { ...config, routes: limited });
  return {
    title: '429 surge: clients run into limits',
    means:
      'Many requests are answered 429. Limits do what they are for when one client asks too much; they do harm when all clients are refused.',
    confirm: [
      [
        'Which routes, and whether by rate or by quota:',
        `sum by (route, code) (rate(${select('penstock_gateway_errors_total', job, codesOf(429))}[5m]))`,
      ],
      [
        'Who it is: the consumers and addresses that are refused most, from the access log.',
        `jq -r 'select(.status == 429) | [.consumer, .clientIp, .route] | @tsv' access.log | sort | uniq -c | sort -rn | head`,
      ],
      [
        'Whether limits are exact: keys that lost their counters.',
        `rate(${select('penstock_rate_limit_evictions_total', job)}[5m])`,
      ],
      ['Limits that were changed by hand:', `penstock levers ${admin}`],
    ],
    causes: [
      'One client sends more than usual: a batch job, a loop without a pause, a retry storm after an outage.',
      'All clients count as one: the load balancer is not among `trustedProxies`, so that `by: ip` counts the balancer.',
      'A limit was made smaller, or given to more routes, by a change of the config.',
      'Real growth: the limit is below what customers were promised.',
    ],
    here: listed(limited, ({ name }) => `route ${code(name)} has limits`),
    act: [
      ['It began with a change of the config: go back.', `penstock rollback ${admin} --why 'limits too small'`],
      [
        'The servers can take more, for now: raise the limit of the route.',
        `penstock pull limit ${route} 1000/s --why 'refused customers' --for 2h ${admin}`,
      ],
      [
        'What limits should be, from what was really asked: propose, and try before it matters.',
        'penstock replay --recording FILE --config NEW --suggest',
      ],
      ['One client floods: leave the limit where it is, and call them.', null],
    ],
    helps: [
      'Another limit for the route, at once and for a while:',
      `penstock pull limit ${route} 1000/s --why 'refused customers' --for 2h ${admin}`,
    ],
  };
}

export function tls({ config, admin, job }: PackFacts): Runbook {
  const listeners = config.listeners.filter((listener) => listener.tls !== undefined);
  const [host] = listeners.flatMap(({ tls: own }) => own?.certificates.flatMap(({ hosts }) => hosts) ?? []);
  return {
    title: 'TLS: certificates and handshakes',
    means:
      'A certificate expires soon or has expired, or handshakes fail. Clients see it as a refused connection, not as a status: nothing of it is in the counts of requests.',
    confirm: [
      ['Certificates near their end, and files that could not be used:', `penstock status ${admin}`],
      [
        'Days left, shortest first:',
        `sort((${select('penstock_certificate_not_after_seconds', job)} - time()) / 86400)`,
      ],
      [
        'What a client is really shown:',
        `openssl s_client -connect HOST:PORT -servername ${host?.replace('*', 'www') ?? 'NAME'} </dev/null | openssl x509 -noout -subject -dates`,
      ],
      [
        'Upstreams whose handshakes fail:',
        `sum by (upstream) (rate(${select('penstock_upstream_errors_total', job, 'code="upstream_tls_failed"')}[5m]))`,
      ],
    ],
    causes: [
      'The renewal did not run, or wrote to another place than the config names.',
      'The new files are there and were refused: key and certificate do not belong together, or one was written before the other.',
      'The chain is incomplete: browsers get by, other clients do not.',
      'An upstream shows a certificate for another name than `tls.serverName`, or from an authority that `tls.ca` does not hold.',
    ],
    here: listed(
      listeners,
      ({ name, tls: own }) =>
        `listener ${code(name)}: ${(own?.certificates ?? [])
          .slice(0, 5)
          .map(({ cert }) => code(cert))
          .join(', ')}`,
    ),
    act: [
      ['Renew, and put both files where the config names them. They are taken without a restart.', null],
      ['Check them before they count:', 'penstock validate'],
      ['They were not noticed: have them read.', `penstock reload ${admin} --why 'certificates were renewed'`],
      [
        'It began with a change of the config: go back. Files are not part of a snapshot: mend those by hand.',
        `penstock rollback ${admin} --why 'handshakes fail'`,
      ],
    ],
    helps: [
      'Have renewed files taken, without dropping a connection:',
      `penstock reload ${admin} --why 'certificates were renewed'`,
    ],
  };
}
