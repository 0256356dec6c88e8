/** What scenarios send: requests rendered from what is particular about them. */
import type { WorkloadLine } from '../load/workload.ts';
import { ANSWER_HEADER, type Answer, EXTRA_HEADER, renderAnswer } from '../origin/answer-header.ts';

export interface Wish {
  readonly path: string;
  /** Name of the route it takes; `all` when left out. */
  readonly route?: string;
  /** GET when left out. */
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Octets of a body; none when left out. */
  readonly bodyBytes?: number;
  /** What the origin is to answer, beside 1 KiB with 200 at once. */
  readonly answer?: Partial<Answer>;
  /** A header line of the origin's answer. */
  readonly answerHeader?: string;
}

/** So many requests, by their number from 0, each of which expects a 200. */
export function* requests(count: number, wish: (number: number) => Wish): Generator<WorkloadLine> {
  for (let number = 0; number < count; number++) yield requestLine(number, wish(number));
}

function requestLine(number: number, wish: Wish): WorkloadLine {
  const { route = 'all', bodyBytes = 0 } = wish;
  const head = renderHead(wish);
  return { at: number, label: route, head, body: null, fillerBytes: bodyBytes, bodyless: false, expect: 200 };
}

function renderHead({ path, method = 'GET', host = 'shop.example.com', headers = {}, ...wish }: Wish): string {
  const { bodyBytes, answer = {}, answerHeader } = wish;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    'accept: application/json',
    'user-agent: penstock-bench',
    `${ANSWER_HEADER}: ${renderAnswer(answer)}`,
    ...(answerHeader === undefined ? [] : [`${EXTRA_HEADER}: ${answerHeader}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(bodyBytes === undefined ? [] : [`content-length: ${bodyBytes}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
