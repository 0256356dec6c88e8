/** Runbooks about the gateway itself. */
import type { Config } from '../../../config/schema/schema.ts';
import type { PackFacts } from '../pack-facts.ts';
import { percent, select } from '../promql.ts';
import type { Runbook } from './runbook.ts';

export function memory({ admin, job, config }: PackFacts): Runbook {
  const { acceptors } = config.runtime;
  return {
    title: 'Memory, and acceptors that die',
    means:
      'A process of the gateway grows, or acceptors die and are replaced. An acceptor that dies cuts off what was in flight in it; new connections wait in the kernel and are not refused.',
    confirm: [
      ['Restarts by acceptor, connections and requests in flight:', `penstock status ${admin}`],
      [
        'The supervisor over time (acceptors are processes of their own: see the next step):',
        select('process_resident_memory_bytes', job),
      ],
      [
        'Every process, largest first, on the machine of the gateway:',
        "ps -eo pid,ppid,rss,etime,args --sort=-rss | grep '[p]enstock'",
      ],
      [
        'Why a process died: the kernel says when it was out of memory.',
        "dmesg -T | grep -iE 'out of memory|oom-kill' | tail",
      ],
    ],
    causes: [
      'Out of memory: the limit of the container is below what the acceptors need together. Each holds its own response cache.',
      'Bodies are collected whole: `transform`, `validate` and `cache` on routes with large bodies.',
      'Many slow clients or slow upstreams: what is in flight is held. Requests in flight grow with it.',
      'A policy of your own keeps what it should let go of, or throws outside of the request: the gateway log has the stack.',
      'A fault of the gateway: the same stack in the log each time. Keep the log and report it.',
    ],
    here: [`acceptors: \`${acceptors}\`; shared memory for the config is allocated once, at the start`],
    act: [
      ['It began with a change of the config: go back.', `penstock rollback ${admin} --why 'acceptors die'`],
      ['Win time: new processes, one after the other, without losing a request.', 'kill -USR2 PID_OF_THE_SUPERVISOR'],
      ['Keep what they were doing when it happens:', `penstock record --out before.ndjson.gz --for 60s ${admin}`],
    ],
    helps: [
      'Replace every acceptor without losing a request (the supervisor is the parent of the pids in the page):',
      `penstock status ${admin} --json | jq '.acceptors[0].pid' | xargs -I{} ps -o ppid= -p {} | xargs kill -USR2`,
    ],
  };
}

export function configMismatch({ admin, job, config }: PackFacts): Runbook {
  return {
    title: 'Config mismatch: what runs is not what was meant',
    means:
      'The source could not be used, acceptors serve different generations, or something was changed by hand. Traffic goes on with the last good configuration: there is time to think.',
    confirm: [
      ['What is wrong with the source, what drifts, which levers are pulled:', `penstock status ${admin}`],
      ['What was published, refused and rolled back, by whom and why:', `penstock history ${admin}`],
      ['What the source would change:', 'penstock diff live NEW'],
      [
        'Acceptors that serve another generation:',
        `${select('penstock_config_generation', job)} != on (job, instance) group_left () ${select('penstock_config_published_generation', job)}`,
      ],
    ],
    causes: [
      'The newest text has a mistake, or a secret it refers to is missing: every one is listed with file and line.',
      'It changes what is fixed at the start (addresses, numbers of processes, sizes of memory): that takes a restart.',
      'Somebody rolled back and nobody mended the source: the next reload would bring the trouble back.',
      'A lever is still pulled after the incident it was for.',
      'An acceptor hangs and does not acknowledge: its heartbeat is old.',
    ],
    here: [`checks of this config's own: ${config.tests.length}, run by \`penstock test\``],
    act: [
      ['Mend the source and check it before it is pushed:', 'penstock validate && penstock test'],
      ['Take what the source says now:', `penstock reload ${admin} --why 'mended'`],
      ['The source is right and hurts: go back, then mend the source.', `penstock rollback ${admin} --why 'INCIDENT'`],
      ['A lever is not needed any more: let go of it.', `penstock levers ${admin}\npenstock release ID ${admin}`],
    ],
    helps: ['Every fault of the source with its place:', 'penstock validate'],
  };
}

export function logOverload({ admin, job, config }: PackFacts): Runbook {
  const { accessLog } = config.telemetry;
  return {
    title: 'Log overload: lines and spans that are lost',
    means:
      'What the access log is written to, or the collector of traces, does not keep up. Lines and spans are lost and counted; requests are not slowed. What is lost cannot be had back.',
    confirm: [
      ['How many:', `penstock status ${admin}`],
      ['Since when:', `rate(${select('penstock_access_log_dropped_total', job)}[5m])`],
      ['Whether the disk is full:', 'df -h'],
      ['Whether there is simply more traffic:', `sum(rate(${select('penstock_requests_total', job)}[5m]))`],
    ],
    causes: [
      'The disk is full.',
      'Whoever reads standard output is slow: a log agent that is throttled, a container runtime with a small buffer.',
      'More traffic than usual; see 429-surge.md.',
      'The collector of traces is down or refuses: `penstock_spans_failed_total` grows.',
      'The log level was left at debug.',
    ],
    here: [whereLogGoes(accessLog)],
    act: [
      ['Make room, or restart the agent. The log goes on by itself.', null],
      ['The level was raised for a search: lower it.', `penstock pull log-level info --why 'too many lines' ${admin}`],
      [
        'Write fewer lines: set `telemetry.accessLog.sample` to 0.1, say. Errors of the gateway are always written.',
        `penstock reload ${admin} --why 'fewer log lines'`,
      ],
    ],
    helps: [
      "Fewer lines of the gateway's own log, at once:",
      `penstock pull log-level warn --why 'too many lines' --for 1h ${admin}`,
    ],
  };
}

function whereLogGoes(accessLog: Config['telemetry']['accessLog']): string {
  if (accessLog === 'none' || accessLog.to === 'none') return 'there is no access log';
  const share =
    accessLog.sample === 1 ? 'every exchange' : `${percent(accessLog.sample)} of the exchanges, and every error`;
  return `the access log goes to ${typeof accessLog.to === 'string' ? accessLog.to : 'a file'}: ${share}`;
}
