/** `runtime`: processes and memory. */
import { z } from 'zod';
import { duration, filePath, parsed, Refusal, size, wholeNumber } from './fields.ts';

const MIB = 1024 ** 2;

const acceptors = parsed<'auto' | number>(
  {
    type: 'auto or whole number',
    expected: 'auto, or a whole number from 1 to 256',
    json: { type: ['string', 'integer'], minimum: 1, maximum: 256 },
  },
  (input) => {
    if (input === 'auto') return 'auto';
    const isCount = Number.isInteger(input) && (input as number) >= 1 && (input as number) <= 256;
    return isCount ? (input as number) : new Refusal('{value} is no number of acceptors');
  },
);

const memory = z.strictObject({
  config: size({ min: 64 * 1024, max: 1024 * MIB })
    .prefault('64MiB')
    .describe(
      'Room for one compiled config; two are kept, so that one can be replaced while the other is used. Some 150 bytes a route.',
    ),
  buckets: wholeNumber(1024, 16_777_216)
    .prefault(262_144)
    .describe('Rate-limit buckets: clients with a limit at one time.'),
  flights: wholeNumber(64, 1_048_576)
    .prefault(16_384)
    .describe('Keys of `concurrency` limits with requests in flight at one time.'),
  cache: size({ min: MIB, max: 16 * 1024 * MIB })
    .prefault('64MiB')
    .describe(
      'Room for responses that `cache` policies store. Of each acceptor: it is not shared, and what is not used costs nothing.',
    ),
  endpoints: wholeNumber(16, 262_144)
    .prefault(4096)
    .describe(
      'Endpoints and upstreams whose health, circuit or load is kept. An endpoint beyond it counts as healthy and idle.',
    ),
  series: wholeNumber(16, 65_536)
    .prefault(4096)
    .describe(
      'Routes and upstreams with metrics of their own. Upstreams come first, then routes in file order; the rest are counted together, as `all others`.',
    ),
});

export const runtime = z.strictObject({
  acceptors: acceptors.prefault('auto').describe('Processes that carry traffic. `auto`: one per core.'),
  offload: z
    .strictObject({
      threads: wholeNumber(0, 64)
        .prefault(1)
        .describe(
          'Threads of each acceptor for work that would hold up its loop. 0: none; the work is done on the loop.',
        ),
    })
    .prefault({})
    .describe("Work that is taken off the acceptors' loops."),
  memory: memory.prefault({}).describe('Sizes of the shared memory, reserved at the start. A change needs a restart.'),
  quotaStore: filePath('the path of a folder')
    .prefault('.penstock/quotas')
    .describe(
      'Folder that quotas are kept in, over restarts; made if it is not there. Only for configs with a `quota`.',
    ),
  history: z
    .strictObject({
      snapshots: wholeNumber(2, 10_000).prefault(30).describe('Snapshots kept, the live one included.'),
      bytes: size({ min: MIB, max: 1024 * 1024 * MIB })
        .prefault('1GiB')
        .describe('Room for them on disk.'),
    })
    .prefault({})
    .describe(
      'What is kept of published configs, to go back to. In `.penstock/state` beside the config, or where `penstock run --state` says.',
    ),
  drainTimeout: duration({ none: true })
    .prefault('30s')
    .describe(
      'How long exchanges may go on after `SIGTERM` or in an acceptor that is being replaced. `none`: until they end.',
    ),
});
