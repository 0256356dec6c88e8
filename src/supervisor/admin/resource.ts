/** What the admin API consists of. Its OpenAPI document is made from the same entries that answer: see openapi.ts. */
import type { z } from 'zod';
import type { Caller, Role } from './admin-access.ts';
import type { AdminSource } from './admin-source.ts';
import type { AdminError, Reply } from './reply.ts';
import type { RequestBody } from './request-body.ts';

/** Something that the admin server shows, or does. */
export interface Resource<Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With names in braces where a segment is a parameter: `/history/{id}`. */
  readonly path: string;
  /** Null: answered to anyone who can connect, because load balancers and orchestrators ask it. */
  readonly needs: Role | null;
  /** A sentence for the OpenAPI document. */
  readonly summary: string;
  /** Parameters of the query, each with what it means. Others are ignored. */
  readonly query?: Readonly<Record<string, string>>;
  /** Absent: none is looked at. */
  readonly body?: RequestBody<Body>;
  readonly success: Success;
  /** What else is no error. */
  readonly also?: Success;
  /** Besides those that every resource may give. */
  readonly errors?: readonly AdminError[];
  answer(source: AdminSource, asked: Asked<Body>): Reply | Promise<Reply>;
}

export interface Success {
  readonly status: 200 | 202;
  readonly means: string;
  /** Null: text in the content type. */
  readonly schema: z.ZodType | null;
  readonly contentType?: string;
}

export interface Asked<Body = unknown> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  readonly body: Body;
}

/** An entry of the table, its body's type checked against what it answers with. */
export function resource<Body>(entry: Resource<Body>): Resource {
  return entry as Resource;
}

/** What a resource does changes something. */
export function isChange({ method }: Pick<Resource, 'method'>): boolean {
  return method !== 'GET';
}
