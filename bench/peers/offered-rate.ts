/**
 * Latency at a fixed offered rate (an open loop), in a process of its own:
 *
 *   node offered-rate.js PORT RATE SECONDS CONNECTIONS      prints one JSON object
 *
 * Every millisecond the requests that have become due are handed out to idle connections; those that find none wait in line.
 * A request's time runs from the moment it was due to the last byte of its answer, waiting included, so that a gateway that
 * stalls is charged for every request that would have come meanwhile (coordinated omission). autocannon's own rate limit is not
 * used: it sends each second's share as one burst and counts from the moment of sending.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, type Histogram } from 'hdr-histogram-js';

const TICK_MS = 1;
const WARM_UP_SHARE = 0.2;

export interface RateResult {
  /** Answers that were measured. */
  readonly answered: number;
  readonly failures: number;
  /** Requests a second that were really handed out. */
  readonly offeredRate: number;
  /** Microseconds. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly p999: number };
  /** How late the generator itself was at its ticks, 99th percentile in microseconds: large means the machine was too busy. */
  readonly generatorLateP99: number;
}

/** One kept-alive connection with at most one request in flight. */
class Connection {
  dueAt = 0;
  readonly connected: Promise<unknown>;
  readonly #socket: Socket;
  readonly #run: Run;
  #received = '';

  constructor(run: Run, port: number) {
    this.#run = run;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.connected = once(this.#socket, 'connect').then(() => run.idle.push(this));
    this.#socket.on('data', (text: string) => this.#read(text));
    this.#socket.on('error', () => run.failures++);
  }

  send(dueAt: number): void {
    this.dueAt = dueAt;
    this.#socket.write('GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n', 'latin1');
  }

  #read(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#received.slice(0, headEnd));
    if (length === null) throw new Error(`the answer has no Content-Length: ${this.#received.slice(0, headEnd)}`);
    if (this.#received.length < headEnd + 4 + Number(length[1])) return;
    const ok = this.#received.startsWith('HTTP/1.1 200 ');
    this.#received = '';
    this.#run.answered(this, ok);
  }

  close(): void {
    this.#socket.destroy();
  }
}

class Run {
  readonly idle: Connection[] = [];
  failures = 0;
  handedOut = 0;
  readonly latency: Histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  readonly lateness: Histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  /** Requests due before are not measured. */
  measureFrom = 0;
  readonly #waiting: number[] = [];

  due(now: number): void {
    this.handedOut++;
    const connection = this.idle.pop();
    if (connection === undefined) this.#waiting.push(now);
    else connection.send(now);
  }

  answered(connection: Connection, ok: boolean): void {
    if (!ok) this.failures++;
    else if (connection.dueAt >= this.measureFrom)
      this.latency.recordValue(Math.max(1, Math.round((performance.now() - connection.dueAt) * 1_000)));
    const next = this.#waiting.shift();
    if (next === undefined) this.idle.push(connection);
    else connection.send(next);
  }
}

/** Offers `rate` requests a second for `seconds` seconds, of which the first fifth warms up and is not measured. */
export async function offerRate(port: number, rate: number, seconds: number, connections: number): Promise<RateResult> {
  const run = new Run();
  const all = Array.from({ length: connections }, () => new Connection(run, port));
  await Promise.all(all.map(({ connected }) => connected));

  const start = performance.now();
  run.measureFrom = start + seconds * 1_000 * WARM_UP_SHARE;
  let elapsedMs = 0;
  let lastTick = start;
  await new Promise<void>((done) => {
    const timer = setInterval(() => {
      const now = performance.now();
      elapsedMs = now - start;
      run.lateness.recordValue(Math.max(1, Math.round((now - lastTick - TICK_MS) * 1_000)));
      lastTick = now;
      while (run.handedOut < (elapsedMs / 1_000) * rate) run.due(now);
      if (elapsedMs < seconds * 1_000) return;
      clearInterval(timer);
      done();
    }, TICK_MS);
  });
  // Answers still on their way are given a second, then whoever has none counts as failed.
  for (let wait = 0; wait < 20 && run.idle.length < connections; wait++) await delay(50);
  const unanswered = connections - run.idle.length;
  for (const connection of all) connection.close();

  const at = (percentile: number): number => run.latency.getValueAtPercentile(percentile);
  return {
    answered: run.latency.totalCount,
    failures: run.failures + unanswered,
    offeredRate: Math.round(run.handedOut / (elapsedMs / 1_000)),
    latency: { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9) },
    generatorLateP99: run.lateness.getValueAtPercentile(99),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, rate, seconds, connections] = process.argv.slice(2).map(Number);
  process.stdout.write(`${JSON.stringify(await offerRate(port, rate, seconds, connections))}\n`);
}
