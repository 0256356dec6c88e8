import { STATUS_CODES } from 'node:http';
import { ANSWER_HEADER, DEFAULT_ANSWER, parseAnswer, renderAnswer } from './answer-header.ts';

/** What bodies are made of, a piece at a time. */
export const FILLER = Buffer.alloc(64 * 1024, 'penstock ');

/** An answer that is ready to be written, again and again. */
export interface PreparedAnswer {
  readonly head: Buffer;
  /** Head and body in one; null when the body is longer than FILLER. */
  readonly whole: Buffer | null;
  /** Octets of the body. */
  readonly bytes: number;
  readonly delayMs: number;
  /** Of an answer with status 200 that has one. */
  readonly etag: string | null;
}

/** Workloads ask for few different answers; one that does not is served all the same. */
const MAX_PREPARED = 1_000;
const prepared = new Map<string, PreparedAnswer>();

/**
 * @param wish value of the request's ANSWER_HEADER; empty: the default. One that is malformed is answered with 400 and says so
 * @param extraLines header lines, each with its CRLF
 */
export function prepareAnswer(wish: string, extraLines: string): PreparedAnswer {
  const key = extraLines === '' ? wish : `${wish}\r\n${extraLines}`;
  const known = prepared.get(key);
  if (known !== undefined) return known;
  if (prepared.size >= MAX_PREPARED) prepared.clear();
  const answer = render(wish, extraLines);
  prepared.set(key, answer);
  return answer;
}

/** What is sent instead to whoever has it already (RFC 9110, section 15.4.5). */
export function prepareNotModified(answer: PreparedAnswer, extraLines: string): PreparedAnswer {
  return prepareAnswer(renderAnswer({ status: 304, bytes: 0, delayMs: answer.delayMs }), extraLines);
}

export function refusal(reason: string): PreparedAnswer {
  const body = Buffer.from(`${reason}\n`, 'latin1');
  const head = renderHead(400, body.length, '');
  return { head, whole: Buffer.concat([head, body]), bytes: body.length, delayMs: 0, etag: null };
}

function render(wish: string, extraLines: string): PreparedAnswer {
  const answer = wish === '' ? DEFAULT_ANSWER : parseAnswer(wish);
  if (answer === null) return refusal(`${ANSWER_HEADER}: <status>;<bytes>;<delayMs> is wanted`);
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const bytes = hasBody ? answer.bytes : 0;
  const head = renderHead(answer.status, hasBody ? bytes : null, extraLines);
  const whole = bytes <= FILLER.length ? Buffer.concat([head, FILLER.subarray(0, bytes)]) : null;
  const etag = answer.status === 200 ? /^etag: *(.*?) *\r$/im.exec(extraLines) : null;
  return { head, whole, bytes, delayMs: answer.delayMs, etag: etag?.[1] ?? null };
}

function renderHead(status: number, length: number | null, extraLines: string): Buffer {
  const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  const framing = length === null ? '' : `Content-Type: text/plain\r\nContent-Length: ${length}\r\n`;
  return Buffer.from(`${statusLine}${framing}${extraLines}\r\n`, 'latin1');
}
