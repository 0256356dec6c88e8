/**
 * `POST /source/push`: a Git host says that somebody has pushed. It holds no token of the admin API but proves itself by a secret that
 * it shares with the gateway, and can do no more than have the repository looked at: nothing that it sends is trusted.
 *
 *   GitHub, Gitea, Forgejo   x-hub-signature-256: sha256=HEX   HMAC of the body
 *   Gitea, Forgejo           x-gitea-signature: HEX            HMAC of the body
 *   GitLab                   x-gitlab-token: SECRET            the secret itself
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { PushTarget } from '../config-source.ts';
import { jsonReply, problemReply, type Reply } from './reply.ts';

export const PUSH_PATH = '/source/push';
/** A push of many commits is told of at length. */
const MOST_BODY_BYTES = 1024 ** 2;
/** Nothing follows on a connection whose body was not read. */
const CLOSE = { connection: 'close' } as const;

/** What becomes of a request. @throws Error when the secret cannot be read */
export async function answerPush(request: IncomingMessage, { secret, onPush }: PushTarget): Promise<Reply> {
  if (request.method !== 'POST')
    return problemReply('admin_method_not_allowed', undefined, { allow: 'POST', ...CLOSE });
  // Nobody who has nothing to show is read from.
  if (shownIn(request.headers) === null) return unsigned();
  const body = await readBody(request);
  if (body === null) return problemReply('admin_request_too_large', undefined, CLOSE);
  if (!isSigned(request.headers, body, await secret())) return unsigned();
  const isConcerned = onPush(refIn(body));
  return jsonReply({ looks: isConcerned }, isConcerned ? 202 : 200);
}

/** Whether a request was made by somebody who knows the secret. Takes the same time however nearly it was right. */
export function isSigned(headers: IncomingHttpHeaders, body: Uint8Array, secret: string): boolean {
  const shown = shownIn(headers);
  if (shown === null) return false;
  const expected = shown.isSecret ? secret : createHmac('sha256', secret).update(body).digest('hex');
  return timingSafeEqual(digestOf(shown.value), digestOf(expected));
}

interface Shown {
  readonly value: string;
  /** The secret itself, rather than a signature. */
  readonly isSecret: boolean;
}

function shownIn(headers: IncomingHttpHeaders): Shown | null {
  const signature = /^sha256=([0-9a-f]{64})$/i.exec(text(headers['x-hub-signature-256']))?.[1];
  const gitea = text(headers['x-gitea-signature'] ?? headers['x-forgejo-signature']);
  const value = signature ?? (gitea === '' ? undefined : gitea);
  if (value !== undefined) return { value: value.toLowerCase(), isSecret: false };
  const token = text(headers['x-gitlab-token']);
  return token === '' ? null : { value: token, isSecret: true };
}

function refIn(body: Uint8Array): string | null {
  try {
    const { ref } = JSON.parse(Buffer.from(body).toString('utf8')) as { ref?: unknown };
    return typeof ref === 'string' ? ref : null;
  } catch {
    return null;
  }
}

function unsigned(): Reply {
  return problemReply(
    'admin_unauthorized',
    'This path takes pushes that are signed with the secret of the gateway.',
    CLOSE,
  );
}

function text(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function digestOf(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** Null: it is larger than that, or its sender has gone. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > MOST_BODY_BYTES) return null;
      pieces.push(piece);
    }
  } catch {
    return null;
  }
  return Buffer.concat(pieces);
}
