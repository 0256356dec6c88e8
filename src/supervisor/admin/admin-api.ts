/**
 * What becomes of a request to the admin address, in this order:
 *
 *   who asks ──► what is there ──► may they ──► is it a web page ──► the body ──► written down ──► done ──► written down
 *     401          404, 405          403             403             413, 400         503
 */
import type { IncomingHttpHeaders } from 'node:http';
import { AdminAccess, type AdminToken, type Caller, mayDo } from './admin-access.ts';
import type { AdminSource } from './admin-source.ts';
import type { AuditLine, AuditLog } from './audit-log.ts';
import { isFromWebPage } from './browser-guard.ts';
import type { FoundPath } from './find-resource.ts';
import { LineLimit } from './line-limit.ts';
import { problemReply, type Reply } from './reply.ts';
import { type Asked, isChange, type Resource } from './resource.ts';
import { RESOURCE_TABLE } from './resources.ts';

/** Lines of the audit log that requests without a token may cause: so many at once, then one each six seconds. */
const STRANGERS_LINES = [20, 6_000] as const;
/** Lines of the gateway's log about tokens that are none. */
const WRONG_TOKEN_LINES = [1, 60_000] as const;

export interface AdminApiOptions {
  /** None: none is asked for, and whoever can connect is an operator. */
  readonly tokens: readonly AdminToken[];
  /** Whether browsers can reach it at all. */
  readonly isOnTcp: boolean;
  readonly source: AdminSource;
  /** Null: nothing is written down. */
  readonly audit: AuditLog | null;
  /** Told what an operator should know. */
  report(message: string): void;
  /** Told of what a resource threw; the client only learns that it failed. */
  onFailure(error: unknown): void;
}

export interface AdminRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Null on a unix socket. */
  readonly from: string | null;
  /** Null: it is larger than anything here takes. */
  readBody(): Promise<string | null>;
  /** What is asked for may take a while. */
  onChange(): void;
}

type Line = Pick<AuditLine, 'request' | 'who' | 'role' | 'from' | 'method' | 'path' | 'what' | 'why'>;

export class AdminApi {
  readonly #options: AdminApiOptions;
  readonly #access: AdminAccess;
  readonly #strangersLines = new LineLimit(...STRANGERS_LINES);
  readonly #wrongTokenLines = new LineLimit(...WRONG_TOKEN_LINES);
  #changes = 0;

  constructor(options: AdminApiOptions) {
    this.#options = options;
    this.#access = new AdminAccess(options.tokens);
  }

  async reply(request: AdminRequest): Promise<Reply> {
    const { method, url, headers } = request;
    const [path = '', query] = url.split('?', 2);
    const found = RESOURCE_TABLE.find(path);
    const resource = found?.resources.get(method === 'HEAD' ? 'GET' : method);
    const caller = this.#access.callerOf(headers.authorization);
    const refusal = this.#whyNot(request, caller, found, resource);
    if (refusal !== null) {
      if (caller === null && headers.authorization !== undefined) this.#reportWrongToken(request);
      if (resource !== undefined && isChange(resource)) await this.#writeRefusal(request, caller, refusal);
      return refusal;
    }
    const asked = { params: found!.params, query: new URLSearchParams(query), caller: caller! };
    try {
      return await (isChange(resource!) ? this.#change : this.#show).call(this, resource!, request, asked);
    } catch (error) {
      this.#options.onFailure(error);
      return problemReply('admin_failed');
    }
  }

  #whyNot(
    { headers }: AdminRequest,
    caller: Caller | null,
    found: FoundPath | null,
    resource: Resource | undefined,
  ): Reply | null {
    // Without a token, what is there and what is not looks the same.
    if (caller === null && !isForAnyone(found)) {
      return problemReply('admin_unauthorized', undefined, { 'www-authenticate': 'Bearer realm="penstock admin"' });
    }
    if (found === null) return problemReply('admin_not_found');
    if (resource === undefined) {
      const allowed = [...found.resources.keys()].flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
      return problemReply('admin_method_not_allowed', undefined, { allow: allowed.join(', ') });
    }
    if (resource.needs === null) return null;
    if (!mayDo(caller!, resource.needs)) return problemReply('admin_forbidden');
    const isGuarded = resource.needs === 'operator' && this.#access.isOpen && this.#options.isOnTcp;
    return isGuarded && isFromWebPage(headers) ? problemReply('admin_from_browser') : null;
  }

  async #show(resource: Resource, _: AdminRequest, asked: Omit<Asked, 'body'>): Promise<Reply> {
    return resource.answer(this.#options.source, { ...asked, body: undefined });
  }

  async #change(resource: Resource, request: AdminRequest, asked: Omit<Asked, 'body'>): Promise<Reply> {
    const text = resource.body === undefined ? '' : await request.readBody();
    const body = text === null ? null : resource.body?.parse(text);
    if (text === null || typeof body === 'string') {
      // What is left of the body is not read: nothing more can be asked on this connection.
      const refusal =
        text === null
          ? problemReply('admin_request_too_large', undefined, { connection: 'close' })
          : problemReply('admin_request_invalid', body as string);
      await this.#writeRefusal(request, asked.caller, refusal);
      return refusal;
    }
    const line = this.#lineOf(request, asked.caller, text === '' ? null : JSON.parse(text));
    const failure = await this.#write(line, 'begun', null);
    if (failure !== null) return problemReply('admin_unaudited', `Nothing was done: ${failure}.`);
    request.onChange();
    let reply = problemReply('admin_failed');
    try {
      reply = await resource.answer(this.#options.source, { ...asked, body });
      return reply;
    } finally {
      await this.#write(line, reply.code ?? 'done', reply.status);
    }
  }

  async #writeRefusal(request: AdminRequest, caller: Caller | null, { code, status }: Reply): Promise<void> {
    if (caller === null && !this.#strangersLines.take()) return;
    await this.#write(this.#lineOf(request, caller, null), code!, status);
  }

  #lineOf({ method, url, from }: AdminRequest, caller: Caller | null, what: unknown): Line {
    const who = caller?.name ?? null;
    const why = (what as { why?: unknown } | null)?.why;
    const path = url.split('?', 1)[0]!;
    return {
      ...{ request: ++this.#changes, who, role: caller?.role ?? null, from, method, path, what },
      why: typeof why === 'string' ? why : null,
    };
  }

  /** Why it could not be; null when it could. */
  async #write(line: Line, outcome: string, status: number | null): Promise<string | null> {
    const at = new Date().toISOString();
    const leftOut = this.#strangersLines.takeLeftOut();
    try {
      await this.#options.audit?.write({ at, ...line, outcome, status, leftOut });
      return null;
    } catch (error) {
      const { message } = error as Error;
      this.#options.report(`${message}; ${line.method} ${line.path} (${outcome}) is not in it`);
      return message;
    }
  }

  #reportWrongToken({ from }: AdminRequest): void {
    if (!this.#wrongTokenLines.take()) return;
    const more = this.#wrongTokenLines.takeLeftOut();
    const others = more === 0 ? '' : `, and ${more} times before that`;
    this.#options.report(`an admin token that is none was shown by ${from ?? 'a client of the unix socket'}${others}`);
  }
}

function isForAnyone(found: FoundPath | null): boolean {
  return found?.resources.get('GET')?.needs === null;
}
