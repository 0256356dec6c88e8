/**
 * The decision core without a gateway around it: requests that were never sent, counters that begin empty, effects performed on
 * what is at hand. `explain`, `test`, `diff` and tests of policies run on it; the policies cannot tell.
 */

import type { Millis } from '../brand.ts';
import type { ErrorCode } from '../errors/table.ts';
import { FlightTable, flightBytes } from '../shared-memory/flight-table.ts';
import { SharedRateLimits } from '../shared-memory/rate-limiter.ts';
import { bucketBytes } from '../shared-memory/token-buckets.ts';
import type { Chain } from './chain.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { ConsumerTable } from './consumers.ts';
import type { Decision, PolicyRequest } from './decision.ts';
import { checkPassword } from './passwords.ts';
import { ResponseStore } from './policies/cache/response-store.ts';
import { OFFLOAD_FAILED } from './policies/effect.ts';
import type { Gate, PolicyHost } from './policies/host.ts';
import { MemoryQuotas } from './policies/memory-quotas.ts';
import { REFUSED, type Verdict, WAITING } from './policies/verdict.ts';
import { pathParameter } from './route/path-parameter.ts';

/** Room for what caches store in a dry run. */
const STORE_BYTES = 4 * 1024 * 1024;

/** A request as somebody describes it. Everything has a default. */
export interface DryRequestParts {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly query?: string | null | undefined;
  /** Lower-case names and values alternate. */
  readonly headers?: readonly string[];
  readonly clientIp?: string;
  readonly clientCertificate?: ClientCertificate | null;
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
  readonly clientCertificate: ClientCertificate | null;
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
    this.clientCertificate = parts.clientCertificate ?? null;
    this.scheme = parts.scheme ?? 'http';
    this.listener = parts.listener ?? 'dry-run';
    this.body = parts.body ?? Buffer.alloc(0);
    this.#pattern = parts.pattern ?? '/*';
  }

  get authority(): string {
    return this.host;
  }

  get forwardedHost(): string {
    return this.host;
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

/** Room for the limits of one dry run. */
const DRY_KEYS = 512;

/** Places of an own table; nobody is there to wait for. */
function dryGate(scope: string, limit: number): Gate {
  const table = new FlightTable(new SharedArrayBuffer(flightBytes(DRY_KEYS, 1)), 1, 0);
  return {
    enter(key) {
      const row = table.enter(`${scope} ${key}`, limit);
      return row < 0 ? null : { keep: () => {}, leave: () => table.leave(row) };
    },
    wait: () => null,
  };
}

/** A host whose counters begin empty. @param parts what is to be other than that */
export function dryHost(parts: Partial<PolicyHost> = {}): PolicyHost {
  return {
    scope: 'dry run',
    consumers: new ConsumerTable([]),
    clock: { wall: () => 1_700_000_000_000 as Millis, monotonic: () => 1_000_000 as Millis },
    random: () => 0.5,
    keySets: { open: () => ({ current: null, reportUnknown: () => {} }) },
    sideRequests: { send: () => false },
    rateLimits: new SharedRateLimits(new SharedArrayBuffer(bucketBytes(DRY_KEYS))),
    flights: { gate: (scope, { limit }) => dryGate(scope, limit) },
    // Time passes in no time.
    timers: {
      after: (_, then) => {
        let isWanted = true;
        queueMicrotask(() => isWanted && then());
        return () => {
          isWanted = false;
        };
      },
    },
    responses: new ResponseStore(STORE_BYTES),
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
  return askRequestAtOnce(chain, decision, effects);
}

/** The same, with a promise only where something has to be waited for that is not at hand. */
export function askRequestAtOnce(chain: Chain, decision: Decision, effects: DryEffects): Verdict | Promise<Verdict> {
  let verdict = chain.runRequest(decision);
  while (verdict === WAITING) {
    const result = performDry(chain, decision, effects);
    if (result instanceof Promise) return continueAsking(chain, decision, effects, result);
    if (result === FAILED) return REFUSED;
    verdict = chain.continueRequest(decision, result);
  }
  return verdict;
}

async function continueAsking(
  chain: Chain,
  decision: Decision,
  effects: DryEffects,
  first: Promise<unknown>,
): Promise<Verdict> {
  let result = await first;
  for (;;) {
    if (result === FAILED) return REFUSED;
    const verdict = chain.continueRequest(decision, result);
    if (verdict !== WAITING) return verdict;
    result = await performDry(chain, decision, effects);
  }
}

/** The same for the response that `decision.response` describes. */
export async function askResponse(chain: Chain, decision: Decision, effects: DryEffects): Promise<Verdict> {
  let verdict = chain.runResponse(decision);
  while (verdict === WAITING) {
    const result = await performDry(chain, decision, effects);
    if (result === FAILED) return REFUSED;
    verdict = chain.continueResponse(decision, result);
  }
  return verdict;
}

/** The exchange ended with the effect: the decision says how. */
const FAILED = Symbol('failed');

/** Time passes in no time; bodies are those at hand, and refused when they are too long, as an acceptor does. */
function performDry(chain: Chain, decision: Decision, effects: DryEffects): unknown {
  const effect = decision.effect!;
  switch (effect.kind) {
    case 'delay':
      return undefined;
    case 'requestBody':
      return bodyUpTo(effect.maxBytes, effects.requestBody, decision, 'request_body_too_large');
    case 'responseBody':
      return bodyUpTo(effect.maxBytes, effects.responseBody, decision, 'response_body_too_large');
    case 'offload':
      return effects.offload?.(effect.task, effect.input) ?? OFFLOAD_FAILED;
    case 'promise':
      return settled(chain, decision, effect.run);
    default:
      return effect satisfies never;
  }
}

async function settled(
  chain: Chain,
  decision: Decision,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await run(new AbortController().signal);
  } catch (error) {
    chain.reportFault(decision, error);
    decision.refuse('policy_failed');
    return FAILED;
  }
}

function bodyUpTo(maxBytes: number, body: Buffer, decision: Decision, code: ErrorCode): Buffer | typeof FAILED {
  if (body.length <= maxBytes) return body;
  decision.refuse(code);
  return FAILED;
}
