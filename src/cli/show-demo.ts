/** What `penstock run --demo` shows: one request through the gateway, as its user would make it. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type CommandOutput, TERMINAL } from './command-output.ts';

const SHOWN_PATH = '/catalog/42';
const ANSWER_MS = 5_000;

/** Sends one request through the gateway and prints it as a curl line with its answer, head and body as they came. */
export async function showDemo(gatewayUrl: string, output: CommandOutput = TERMINAL): Promise<void> {
  // A unix socket or a certificate of the user's own: nothing that a plain curl line could show.
  if (gatewayUrl.startsWith('http://')) await showAnswer(gatewayUrl + SHOWN_PATH, output);
  output.out('README.md says what to try next. Ctrl-C stops the gateway.\n');
}

/** In one piece, so that no line of the access log comes in between. */
async function showAnswer(url: string, output: CommandOutput): Promise<void> {
  const answer = await answerOf(url).catch((error: Error) => `failed: ${error.message}`);
  output.out(`\n$ curl -i ${url}\n${answer}\n\n`);
}

async function answerOf(url: string): Promise<string> {
  const headers = { accept: '*/*', 'user-agent': 'penstock-demo' };
  const request = get(url, { agent: false, headers, timeout: ANSWER_MS });
  request.once('timeout', () => request.destroy(new Error('no answer came')));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = await text(response);
  return `${headOf(response)}\n${body.trim()}`;
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let head = `HTTP/1.1 ${statusCode} ${statusMessage}\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\n`;
  return head;
}
