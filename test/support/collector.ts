/** An OTLP/HTTP collector that keeps what it is sent, read back from protobuf by the field numbers of the OTLP definitions. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_DEADLINE_MS, within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';
import { fieldsOf, type ProtobufFields } from './protobuf.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: none. */
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** 2: error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface CollectedRecord {
  readonly timeNs: bigint;
  readonly severity: string;
  readonly body: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How the collector treats exports; the default takes them. */
export type CollectorMood = (response: ServerResponse) => void;

const accept: CollectorMood = (response) => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();

export class Collector {
  readonly url: string;
  readonly spans: CollectedSpan[] = [];
  readonly records: CollectedRecord[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  mood: CollectorMood = accept;
  #wake = new Set<() => void>();

  constructor(url: string) {
    this.url = url;
  }

  /** Waits until spans fit. */
  async until(fits: (spans: readonly CollectedSpan[]) => boolean, ms: number = DEFAULT_DEADLINE_MS): Promise<void> {
    await this.#waitFor(() => fits(this.spans), ms);
  }

  async untilRecords(fits: (records: readonly CollectedRecord[]) => boolean): Promise<void> {
    await this.#waitFor(() => fits(this.records), DEFAULT_DEADLINE_MS);
  }

  /** Waits until so many exports have been begun, whatever became of them. */
  async untilAsked(exports: number): Promise<void> {
    await this.#waitFor(() => this.headers.length >= exports, DEFAULT_DEADLINE_MS);
  }

  async #waitFor(isThere: () => boolean, ms: number): Promise<void> {
    while (!isThere()) {
      let wake = (): void => {};
      const more = new Promise<void>((resolve) => (wake = resolve));
      this.#wake.add(wake);
      const soFar = () => JSON.stringify([this.spans, this.records], (_, v) => (typeof v === 'bigint' ? `${v}` : v));
      await within(more, 'what the collector waits for', ms, soFar).finally(() => this.#wake.delete(wake));
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    this.headers.push(request.headers);
    if (this.mood === accept) this.#keep(request.url ?? '', Buffer.concat(pieces));
    this.mood(response);
    for (const wake of this.#wake) wake();
  }

  #keep(path: string, body: Buffer): void {
    for (const group of fieldsOf(body).messages(1)) {
      const resource = attributesOf(group.message(1), 1);
      const items = group.messages(2).flatMap((scope) => scope.messages(2));
      if (path.endsWith('/v1/logs')) this.records.push(...items.map(recordOf));
      else this.spans.push(...items.map((span) => spanOf(span, resource)));
    }
  }
}

function spanOf(span: ProtobufFields, resource: Readonly<Record<string, unknown>>): CollectedSpan {
  return {
    traceId: span.bytes(1).toString('hex'),
    spanId: span.bytes(2).toString('hex'),
    traceState: span.text(3),
    parentId: span.bytes(4).toString('hex'),
    name: span.text(5),
    kind: Number(span.number(6)),
    startNs: span.number(7),
    endNs: span.number(8),
    status: Number(span.message(15).number(3)),
    attributes: attributesOf(span, 9),
    resource,
  };
}

function recordOf(record: ProtobufFields): CollectedRecord {
  return {
    timeNs: record.number(1),
    severity: record.text(3),
    body: anyValue(record.message(5)),
    attributes: attributesOf(record, 6),
    traceId: record.bytes(9).toString('hex'),
    spanId: record.bytes(10).toString('hex'),
  };
}

function attributesOf(message: ProtobufFields, field: number): Record<string, unknown> {
  return Object.fromEntries(message.messages(field).map((pair) => [pair.text(1), anyValue(pair.message(2))]));
}

/** An AnyValue: text, bool, integer or double. */
function anyValue(value: ProtobufFields): unknown {
  if (value.has(1)) return value.text(1);
  if (value.has(2)) return value.number(2) !== 0n;
  if (value.has(3)) return Number(BigInt.asIntN(64, value.number(3)));
  if (value.has(4)) return value.double(4);
  return null;
}

/** Starts a collector on a free port; it is closed when the lifetime ends. */
export async function startCollector(lifetime: Lifetime, mood: CollectorMood = accept): Promise<Collector> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const collector = new Collector(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  collector.mood = mood;
  server.on('request', (request, response) => void collector.handle(request, response).catch(() => response.destroy()));
  lifetime.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return collector;
}
