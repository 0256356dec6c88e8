/** A recording to a workload file, streamed: neither is ever held whole. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DryGateway } from '../src/cli/dry-gateway/dry-gateway.ts';
import { RecordingError, readRecording } from '../src/recording/read-recording.ts';
import { type ReplayRules, replayLine } from './replay-line.ts';

export interface WorkloadOptions {
  readonly recording: string;
  /** What the routes are looked up in: the config that is measured. */
  readonly gateway: DryGateway;
  /** Name of the listener that is asked. */
  readonly listener: string;
  readonly secrets: ReadonlyMap<string, string>;
  readonly mostAnswerBytes: number;
  /** Written; holds credentials where `secrets` does. */
  readonly file: string;
  /** No more requests than these, and none that was recorded later than so many milliseconds after the first. */
  readonly most: { readonly requests: number; readonly untilMs: number };
}

/** What became of the recording. */
export interface WrittenWorkload {
  readonly requests: number;
  /** From the first request to the last, milliseconds. */
  readonly lengthMs: number;
  /** Requests whose answer is shorter than it was recorded. */
  readonly shortened: number;
  /** Exchanges that could not be sent again, by the reason. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Lines of the recording that were none of an exchange. */
  readonly badLines: number;
}

/** @throws RecordingError when the recording cannot be read, or there is nothing in it to send */
export async function writeWorkload(options: WorkloadOptions): Promise<WrittenWorkload> {
  const recording = await readRecording(options.recording);
  const { secrets, mostAnswerBytes } = options;
  const rules = { secrets, mostAnswerBytes, routeOf: routesOf(options) };
  const leftOut = new Map<string, number>();
  let requests = 0;
  let shortened = 0;
  let firstAt: number | null = null;
  let lastAt = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const exchange of recording) {
      firstAt ??= exchange.at;
      if (requests >= options.most.requests || exchange.at - firstAt > options.most.untilMs) return;
      const line = replayLine(exchange, rules);
      if (typeof line === 'string') {
        leftOut.set(line, (leftOut.get(line) ?? 0) + 1);
        continue;
      }
      requests++;
      if ((exchange.responseBytes ?? 0) > mostAnswerBytes) shortened++;
      lastAt = line.at - firstAt;
      yield `${JSON.stringify({ ...line, at: lastAt })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(options.file, { mode: 0o600 }));
  if (requests === 0) {
    const reasons = [
      ...leftOut.keys(),
      ...(recording.badLines > 0 ? [`${recording.badLines} lines are no exchanges`] : []),
    ];
    throw new RecordingError(
      `${options.recording}: no request that can be sent: ${reasons.join('; ') || 'it is empty'}`,
    );
  }
  return { requests, lengthMs: lastAt, shortened, leftOut, badLines: recording.badLines };
}

function routesOf({ gateway, listener }: WorkloadOptions): ReplayRules['routeOf'] {
  const body = Buffer.alloc(0); // No route is chosen by it.
  return ({ method, host, path: url, client }, sent) => {
    const headers = [['host', host] as const, ...sent];
    return gateway.routeOf({ method, url, headers, client, body, listener })?.name ?? null;
  };
}
