/**
 * The decision core without a gateway around it: requests that were never sent, counters that begin empty, effects performed on
 * what is at hand. `explain`, `test`, `diff` and tests of policies run on it; the policies cannot tell.
 */
import type { Millis } from '../brand.ts';
import type { Chain } from './chain.ts';
import { ConsumerTable } from './consumers.ts';
import type { Decision, PolicyRequest } from './decision.ts';
import { checkPassword } from './passwords.ts';
import { type Effect, OFFLOAD_FAILED } from './policies/effect.ts';
import type { PolicyHost } from './policies/host.ts';
import { MemoryQuotas } from './policies/memory-quotas.ts';
import { type Verdict, WAITING } from './policies/verdict.ts';
import { pathParameter } from './route/path-parameter.ts';

/** A request as somebody describes it. Everything has a default. */
export interface DryRequestParts {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly query?: string | null | undefined;
  /** Lower-case names and values alternate. */
  readonly headers?: readonly string[];
  readonly clientIp?: string;
  readonly scheme?: 'http' | 'https';
  readonly listener?: string;
  readonly body?: Buffer;
  /** The path pattern of the route it is for. */
  readonly pattern?: string;
}

/** The facts of a request that was never sent. */
export class DryRequest implements PolicyRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: readonly string[];
  readonly clientIp: string;
  readonly scheme: 'http' | 'https';
  readonly listener: string;
  readonly requestId = 'dry-run';
  readonly body: Buffer;
  readonly #pattern: string;

  constructor(parts: DryRequestParts) {
    this.method = parts.method ?? 'GET';
    this.host = parts.host ?? 'localhost';
    this.path = parts.path ?? '/';
    this.query = parts.query ?? null;
    this.headers = parts.headers ?? [];
    this.clientIp = parts.clientIp ?? '127.0.0.1';
    this.scheme = parts.scheme ?? 'http';
    this.listener = parts.listener ?? 'dry-run';
    this.body = parts.body ?? Buffer.alloc(0);
    this.#pattern = parts.pattern ?? '/*';
  }

  get bodyLength(): number {
    return this.body.length;
  }

  header(name: string): string | null {
    const values = this.headers.filter((_, at) => at % 2 === 1 && this.headers[at - 1] === name);
    return values.length === 0 ? null : values.join(', ');
  }

  pathParameter(name: string): string | null {
    return pathParameter(this.#pattern, this.path, name);
  }
}

/** A host whose counters begin empty. @param parts what is to be other than that */
export function dryHost(parts: Partial<PolicyHost> = {}): PolicyHost {
  return {
    scope: 'dry run',
    consumers: new ConsumerTable([]),
    clock: { wall: () => 1_700_000_000_000 as Millis, monotonic: () => 1_000_000 as Millis },
    random: () => 0.5,
    passwords: { remembers: () => false, check: checkPassword },
    quotas: new MemoryQuotas(),
    ...parts,
  };
}

/** What a dry run performs effects with. */
export interface DryEffects {
  readonly requestBody: Buffer;
  readonly responseBody: Buffer;
  /** Carries out an offload task in this thread. */
  offload?(task: string, input: unknown): Promise<unknown>;
}

/** Asks the policies of a chain about a request, and performs what they wait for, until they have decided. */
export async function askRequest(chain: Chain, decision: Decision, effects: DryEffects): Promise<Verdict> {
  let verdict = chain.runRequest(decision);
  while (verdict === WAITING) {
    const result = await performDry(decision.effect!, effects);
    verdict = chain.continueRequest(decision, result);
  }
  return verdict;
}

/** The same for the response that `decision.response` describes. */
export async function askResponse(chain: Chain, decision: Decision, effects: DryEffects): Promise<Verdict> {
  let verdict = chain.runResponse(decision);
  while (verdict === WAITING) {
    const result = await performDry(decision.effect!, effects);
    verdict = chain.continueResponse(decision, result);
  }
  return verdict;
}

/** Time passes in no time; bodies are those at hand. */
async function performDry(effect: Effect, effects: DryEffects): Promise<unknown> {
  switch (effect.kind) {
    case 'delay':
      return undefined;
    case 'requestBody':
      return effects.requestBody;
    case 'responseBody':
      return effects.responseBody;
    case 'offload':
      return effects.offload?.(effect.task, effect.input) ?? OFFLOAD_FAILED;
    case 'promise':
      return effect.run(new AbortController().signal);
    default:
      return effect satisfies never;
  }
}
