import type { TestContext } from 'node:test';
import type { SharedState } from '../../../../src/acceptor/upstream/endpoint-guard.ts';
import type {
  ConnectionWaiter,
  PendingConnection,
  UpstreamConnection,
} from '../../../../src/acceptor/upstream/upstream.ts';
import { NONE_TRIED, UpstreamGroup } from '../../../../src/acceptor/upstream/upstream-group.ts';
import type { CompiledUpstream } from '../../../../src/config/compiled.ts';
import type { ErrorCode } from '../../../../src/errors/table.ts';
import { EndpointTable, endpointTableBytes } from '../../../../src/shared-memory/endpoint-table.ts';
import { Recorder } from './recorder.ts';
import { GET } from './scripted-origin.ts';

/** The state of a gateway of one acceptor: nothing is known of any endpoint yet. */
export function sharedState(rows = 16): SharedState {
  const table = new EndpointTable(new SharedArrayBuffer(endpointTableBytes(rows, 2)), 2);
  return { table, clock: () => Math.floor(performance.now()), random: Math.random };
}

/** A group that is swept by hand or by the test's clock, and closed when the test ends. */
export function startGroup(t: TestContext, upstream: CompiledUpstream, clock = () => performance.now()): UpstreamGroup {
  const group = new UpstreamGroup(upstream, clock, sharedState());
  t.after(() => group.close());
  return group;
}

/** One exchange: asks a group for a connection, sends a request as soon as it has one, records the response. */
export class Exchange implements ConnectionWaiter {
  readonly recorder = new Recorder();
  connection: UpstreamConnection | null = null;
  refusal: ErrorCode | null = null;
  wasReused = false;
  pending: PendingConnection | null = null;
  readonly leased: Promise<UpstreamConnection | null>;
  #onLease: (connection: UpstreamConnection | null) => void = () => {};
  readonly #send: (connection: UpstreamConnection, recorder: Recorder) => void;

  constructor(send = sendGet) {
    this.#send = send;
    this.leased = new Promise((resolve) => {
      this.#onLease = resolve;
    });
  }

  start(group: UpstreamGroup, tried: ReadonlySet<number> = NONE_TRIED, fresh = false): this {
    this.pending = group.acquire(tried, fresh, this);
    return this;
  }

  onConnection(connection: UpstreamConnection): void {
    this.connection = connection;
    this.wasReused = connection.reused;
    this.#send(connection, this.recorder);
    this.#onLease(connection);
  }

  onNoConnection(code: ErrorCode): void {
    this.refusal = code;
    this.#onLease(null);
  }

  /** Resolves when the response is complete, failed, or there was no connection. */
  async settled(): Promise<Recorder> {
    if ((await this.leased) !== null) await this.recorder.settled;
    return this.recorder;
  }
}

function sendGet(connection: UpstreamConnection, recorder: Recorder): void {
  connection.send(GET, false, false, recorder);
}

/** Sends one GET and waits for its outcome. */
export async function get(group: UpstreamGroup): Promise<Exchange> {
  const exchange = new Exchange().start(group);
  await exchange.settled();
  return exchange;
}
