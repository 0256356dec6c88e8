/** `penstock hash-password`: what a config holds in place of a password. */
import { randomBytes } from 'node:crypto';
import { hashPassword, SALT_BYTES } from '../decision/passwords.ts';
import { EXIT, readCommandLine, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';

const USAGE = {
  command: 'hash-password',
  help: `Usage: penstock hash-password < FILE

Reads a password from standard input, up to its first line break, and prints its hash for consumers.NAME.passwords.
Every run prints another hash: each holds a salt of its own.

  -h, --help  this text

Exit code: 0 printed, 1 there was no password, 2 wrong use.

Example:
  penstock hash-password < password.txt
`,
  options: {},
  positionals: [],
} as const satisfies Usage;

/** More is no password; a wrong file, perhaps. */
const MAX_BYTES = 1024;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function hashPasswordCommand(
  args: string[],
  output: CommandOutput = TERMINAL,
  input: AsyncIterable<Buffer | string> = process.stdin,
): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const password = await readPassword(input);
  const problem = whyNotAPassword(password);
  if (problem !== null) {
    output.error(`penstock hash-password: ${problem}\n`);
    return EXIT.NO;
  }
  output.out(`${await hashPassword(password, randomBytes(SALT_BYTES))}\n`);
  return EXIT.OK;
}

async function readPassword(input: AsyncIterable<Buffer | string>): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const piece of input) {
    bytes = Buffer.concat([bytes, Buffer.from(piece)]);
    if (bytes.includes('\n') || bytes.length > MAX_BYTES) break;
  }
  return bytes.toString('utf8').split(/\r?\n/, 1)[0]!;
}

function whyNotAPassword(password: string): string | null {
  if (password === '') return 'there is no password on standard input';
  if (Buffer.byteLength(password) > MAX_BYTES) return `the password is longer than ${MAX_BYTES} bytes`;
  return /[\0-\x1f\x7f]/.test(password) ? 'the password holds a control character, which no browser can send' : null;
}
