/** What commands that speak to a running gateway have in common: how it is found, asked, and what its refusals are printed as. */
import { type AdminAnswer, type AdminClient, deleteAdmin, getAdmin, postAdmin } from '../admin-client.ts';
import { type ADMIN_OPTIONS, adminClientFor, readAdminOptions } from '../admin-options.ts';
import { EXIT, readCommandLine, refuseUse, type Usage } from '../command-line.ts';
import type { CommandOutput } from '../command-output.ts';

/** A gateway that answers, and what it answered with when it did not do what it was asked. */
export class Refused extends Error {
  readonly status: number;

  constructor(client: AdminClient, answer: AdminAnswer) {
    super(refusalOf(client, answer));
    this.status = answer.status;
  }
}

/**
 * Asks, and reads the answer as JSON.
 *
 * @throws Refused for what is not done; Error in a sentence when there is no answer, or none of a gateway
 */
export async function askGateway<Answer>(client: AdminClient, question: Question): Promise<Answer> {
  const answer = await send(client, question);
  if (answer.status >= 300) throw new Refused(client, answer);
  try {
    return JSON.parse(answer.body) as Answer;
  } catch {
    throw new Error(`what answers at ${client.address} is not a gateway's admin address`);
  }
}

export type Question =
  | { readonly get: string }
  | { readonly post: string; readonly body: object }
  | { readonly delete: string };

function send(client: AdminClient, question: Question): Promise<AdminAnswer> {
  if ('get' in question) return getAdmin(client, question.get);
  return 'post' in question ? postAdmin(client, question.post, question.body) : deleteAdmin(client, question.delete);
}

/** What a gateway says when it does not do what it was asked, in a sentence; below it what is wrong, a line each. */
export function refusalOf({ address }: AdminClient, { status, body }: AdminAnswer): string {
  if (status === 401) return `the gateway at ${address} did not accept the token, see --help`;
  try {
    const { detail, diagnostics } = JSON.parse(body) as { detail?: unknown; diagnostics?: unknown };
    const lines = Array.isArray(diagnostics) ? diagnostics.map((line) => `\n${line}`) : [];
    if (typeof detail === 'string') return `the gateway at ${address} answered: ${detail}${lines.join('')}`;
  } catch {
    // Not a gateway's answer.
  }
  return `the gateway at ${address} answered with status ${status}`;
}

type GatewayUsage = Usage<typeof ADMIN_OPTIONS & Usage['options']>;

/** What a command does once it knows whom to ask. @returns the exit code */
type Asking<Use extends GatewayUsage> = (
  client: AdminClient,
  given: Exclude<ReturnType<typeof readCommandLine<Use['options']>>, number>,
) => Promise<number>;

/** Runs a command with the arguments behind its name. @returns the exit code */
export async function runAsking<const Use extends GatewayUsage>(
  usage: Use,
  { args, output, environment }: CommandCall,
  asking: Asking<Use>,
): Promise<number> {
  const parsed = readCommandLine<Use['options']>(usage, args, output);
  if (typeof parsed === 'number') return parsed;
  const options = readAdminOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(usage, options, output);
  try {
    return await asking(adminClientFor(options, environment), parsed);
  } catch (error) {
    if (error instanceof WrongUse) return refuseUse(usage, error.message, output);
    output.error(`penstock ${usage.command}: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

export interface CommandCall {
  readonly args: string[];
  readonly output: CommandOutput;
  readonly environment: NodeJS.ProcessEnv;
}

/** Thrown for options that mean nothing: the help text follows the message. */
export class WrongUse extends Error {}
