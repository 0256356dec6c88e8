/** `penstock record`: takes a recording from a running gateway. */
import { IncomingMessage } from 'node:http';
import { parseRecordingEnd, parseRecordingHead } from '../recording/parse-exchange.ts';
import type { RecordingEnd } from '../recording/recorded-exchange.ts';
import { linesOf, type TextLine } from '../recording/recording-lines.ts';
import { RecordingWriter } from '../recording/write-recording.ts';
import type { RecordingRequest } from '../supervisor/recordings/recording-request.ts';
import { type AdminClient, postAdmin, streamAdmin } from './admin-client.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, adminClientFor, readAdminOptions } from './admin-options.ts';
import { EXIT, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { refusalOf } from './live/ask-gateway.ts';
import { readRecordingRequest } from './record-options.ts';

/** What readers of recordings take. The gateway's lines are shorter. */
const MOST_LINE_BYTES = 8 * 1024 * 1024;

const USAGE = {
  command: 'record',
  help: `Usage: penstock record [-c FILE | --admin ADDRESS] --out FILE [OPTIONS]

Records the traffic of a running gateway into a file that the bench and replays read. Credentials, cookies, tokens and client
addresses are replaced by pseudonyms inside the gateway; docs/recordings.md says what is and what is not. Ctrl-C ends the
recording with a whole file.

      --out FILE         where to; compressed when it ends in .gz
      --for TIME         how long, such as 30s or 5m
      --exchanges N      how many exchanges at most
      --share PERCENT    of all exchanges, picked at random (100% without it)
      --bodies SIZE      also the text of request bodies up to this size: text, JSON and forms (sizes and digests without it)
      --pseudonymise header:NAME, --pseudonymise query:NAME
                         also replaces what stands there; may be given more than once
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 recorded, 1 not or not to its end, 2 wrong use.

Example:
  penstock record --admin 127.0.0.1:9901 --for 30s --share 10% --out traffic.ndjson.gz
`,
  options: {
    ...ADMIN_OPTIONS,
    out: { type: 'string' },
    for: { type: 'string' },
    exchanges: { type: 'string' },
    share: { type: 'string' },
    bodies: { type: 'string' },
    pseudonymise: { type: 'string', multiple: true },
  },
  positionals: [],
} as const satisfies Usage;

/**
 * Runs the command with the arguments behind its name.
 *
 * @returns the exit code
 */
export async function record(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { out } = parsed.values;
  if (out === undefined) return refuseUse(USAGE, '--out is missing', output);
  const options = readAdminOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(USAGE, options, output);
  const request = readRecordingRequest(parsed.values);
  if (typeof request === 'string') return refuseUse(USAGE, request, output);
  try {
    const onBegin = () => output.out(`recording into ${out}; Ctrl-C ends it\n`);
    const taken = await take(adminClientFor(options, environment), request, out, onBegin);
    output.out(
      `${out}: ${taken.exchanges} exchanges${taken.end === null ? '' : `, ${taken.end.end.dropped} dropped`}\n`,
    );
    if (taken.failure === null) return EXIT.OK;
    output.error(`penstock record: the recording was cut short, what had come is kept: ${taken.failure}\n`);
  } catch (error) {
    output.error(`penstock record: ${(error as Error).message}\n`);
  }
  return EXIT.NO;
}

interface Taken {
  readonly exchanges: number;
  /** Null: the gateway did not end it. */
  readonly end: RecordingEnd | null;
  /** Why there is no end. */
  readonly failure: string | null;
}

/** @throws Error when nothing could be recorded, or the file not be written */
async function take(client: AdminClient, request: RecordingRequest, path: string, onBegin: () => void): Promise<Taken> {
  const response = await streamAdmin(client, '/recordings', request);
  if (!(response instanceof IncomingMessage)) throw new Error(refusalOf(client, response));
  const stopListening = endOnSignal(client, response);
  try {
    return await writeDown(response, path, onBegin);
  } finally {
    stopListening();
    response.destroy();
  }
}

async function writeDown(response: IncomingMessage, path: string, onBegin: () => void): Promise<Taken> {
  const lines = linesOf(response, MOST_LINE_BYTES);
  const { value: first = [] } = (await lines.next()) as { value?: readonly TextLine[] };
  const head = parseRecordingHead(first[0]?.text ?? '');
  if (typeof head === 'string') throw new Error(`what answers is not a gateway's admin address: ${head}`);
  const writer = await RecordingWriter.open(path, head);
  onBegin();
  let end: RecordingEnd | null = null;
  let failure: string | null = null;
  const write = async (batch: readonly TextLine[]) => {
    for (const { text } of batch) {
      if (text === null) throw new Error(`a line of the gateway's answer is longer than ${MOST_LINE_BYTES} bytes`);
      if (text === '') continue;
      end = parseRecordingEnd(text);
      if (end === null) await writer.writeLine(text);
    }
  };
  try {
    await write(first.slice(1));
    for (;;) {
      const next = await nextOf(lines);
      if (typeof next === 'string') failure = next;
      if (typeof next === 'string' || next === null) break;
      await write(next);
    }
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  if (end === null) failure ??= 'the gateway ended it in the middle';
  await writer.finish((end as RecordingEnd | null)?.end.dropped ?? null);
  return { exchanges: writer.exchanges, end, failure: end === null ? failure : null };
}

/** More lines; null: that was all; a text: why there are no more. */
async function nextOf(lines: AsyncGenerator<readonly TextLine[]>): Promise<readonly TextLine[] | null | string> {
  try {
    const { value, done } = await lines.next();
    return done === true ? null : value;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The first Ctrl-C has the gateway end the recording, so that it is whole; a second one leaves at once with what there is. */
function endOnSignal(client: AdminClient, response: IncomingMessage): () => void {
  const recording = Number(response.headers['penstock-recording']);
  let isEnding = false;
  const end = () => {
    if (isEnding) {
      response.destroy();
      return;
    }
    isEnding = true;
    postAdmin(client, '/recordings/stop', { recording }).catch((error: Error) => response.destroy(error));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  };
}
