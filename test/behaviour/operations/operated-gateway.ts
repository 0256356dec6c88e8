/** A gateway that is changed while it runs, and its admin API. */
import { writeFileSync } from 'node:fs';
import type { CommandOutput } from '../../../src/cli/command-output.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../support/gateway.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import type { CommandResult } from '../../support/penstock-command.ts';
import { DescribedAnswers } from './described-answers.ts';

/** A config of which only what matters to a test is said. */
export function configOf(routes: readonly object[], more: object = {}) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: 'none' },
    routes,
    ...more,
  };
}

/** A route that the gateway answers itself. */
export function saying(text: string, path = '/*') {
  return { name: `say-${text}`, match: { path }, policies: [{ respond: { status: 200, body: text } }] };
}

export class OperatedGateway {
  readonly gateway: Gateway;
  readonly #operator: Record<string, string>;
  #described: Promise<DescribedAnswers> | null = null;

  /** @param token of an operator, where one is needed */
  constructor(gateway: Gateway, token: string | null = null) {
    this.gateway = gateway;
    this.#operator = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  static async start(lifetime: Lifetime, config: object, options?: GatewayOptions): Promise<OperatedGateway> {
    return new OperatedGateway(await startGateway(lifetime, config as never, options));
  }

  get address(): string {
    return new URL(this.gateway.urlOf('admin')).host;
  }

  /** Writes another config in place of the one it runs on, without a word to the gateway. */
  write(config: object | string): void {
    writeFileSync(this.gateway.configPath, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  }

  /** Asks the admin API. What it answers is held to its own OpenAPI document. @param headers without any, an operator's */
  async ask<Answer = Record<string, unknown>>(
    method: string,
    path: string,
    body?: object | null,
    headers: Record<string, string> = this.#operator,
  ): Promise<{ readonly status: number; readonly body: Answer }> {
    const init = { method, headers, ...(body == null ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(new URL(path, this.gateway.urlOf('admin')), init);
    const answer = JSON.parse(await response.text()) as Answer;
    const contentType = response.headers.get('content-type')!;
    (await this.#document()).check(method, path, response.status, contentType, answer);
    return { status: response.status, body: answer };
  }

  #document(): Promise<DescribedAnswers> {
    this.#described ??= fetch(new URL('/openapi.json', this.gateway.urlOf('admin')), {
      headers: this.#operator,
    }).then(async (response) => new DescribedAnswers((await response.json()) as Record<string, unknown>));
    return this.#described;
  }

  /** What some requests are answered with, each on a connection of its own, so that every acceptor is likely among them. For errors of the gateway, the code. */
  async answers(path = '/', requests = 12): Promise<ReadonlySet<string>> {
    const answers = new Set<string>();
    for (let i = 0; i < requests; i++) {
      const url = new URL(path, this.gateway.urlOf('public'));
      const response = await fetch(url, { headers: { connection: 'close' } });
      const text = await response.text();
      answers.add(`${response.status} ${response.ok ? text : (JSON.parse(text) as { code: string }).code}`);
    }
    return answers;
  }

  /** Runs a command that speaks to it, in this process: what a user would see, without the time that a process takes to start. */
  async run(command: Command, args: readonly string[]): Promise<CommandResult> {
    const said = { stdout: '', stderr: '' };
    const output = {
      out: (text: string) => void (said.stdout += text),
      error: (text: string) => void (said.stderr += text),
    };
    const status = await command([...args, '--admin', this.address], output, {});
    return { status, ...said };
  }
}

type Command = (args: string[], output: CommandOutput, environment: NodeJS.ProcessEnv) => Promise<number>;
