/** The OpenAPI 3.1 document of the admin API, made from the entries that answer. */
import { z } from 'zod';
import { nameRequired } from '../../config/schema/json-schema.ts';
import { VERSION } from '../../version.ts';
import { problem } from './answers.ts';
import { ADMIN_ERRORS, type AdminError } from './reply.ts';
import { isChange, type Resource, type Success } from './resource.ts';

type Json = Readonly<Record<string, unknown>>;

const PROBLEM_TYPE = 'application/problem+json';
const TEXT_TYPE = 'text/plain';

/** @param resources of which the document tells */
export function openApiOf(resources: readonly Resource[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const resource of resources) {
    paths[resource.path] ??= {};
    paths[resource.path]![resource.method.toLowerCase()] = operationOf(resource);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Penstock admin API',
      version: VERSION,
      description: 'Members may be added to answers in later versions; none changes its meaning.',
    },
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'One of `admin.token` and `admin.tokens`, if there are any.',
        },
      },
      schemas: { Problem: shapeOf(problem, 'output') },
    },
  };
}

function operationOf(resource: Resource): Json {
  const { method, path, needs, summary, body, success } = resource;
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[/{}.]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(needs === null ? {} : { security: [{ token: [] }], 'x-penstock-role': needs }),
    ...listed('parameters', parametersOf(resource)),
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: shapeOf(body.schema, 'input') } } } }),
    responses: { [success.status]: successOf(success), ...alsoOf(resource), ...failuresOf(resource) },
  };
}

function parametersOf({ path, query = {} }: Resource): readonly Json[] {
  const schema = { type: 'string' };
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema })),
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema })),
  ];
}

function successOf({ means, schema, contentType }: Success): Json {
  if (schema === null)
    return { description: means, content: { [contentType ?? TEXT_TYPE]: { schema: { type: 'string' } } } };
  return { description: means, content: { 'application/json': { schema: shapeOf(schema, 'output') } } };
}

function alsoOf({ also }: Resource): Json {
  return also === undefined ? {} : { [also.status]: successOf(also) };
}

/** Several errors may share a status. */
function failuresOf(resource: Resource): Json {
  const byStatus = new Map<number, AdminError[]>();
  for (const code of errorsOf(resource)) {
    const { status } = ADMIN_ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  const told = (codes: readonly AdminError[]): string =>
    codes.map((code) => `\`${code}\`: ${ADMIN_ERRORS[code].detail}`).join(' ');
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, { description: told(codes), content }]));
}

/** Its own errors, and those that follow from what it is. */
export function errorsOf(resource: Resource): readonly AdminError[] {
  const { needs, body, errors = [] } = resource;
  return [
    ...new Set<AdminError>([
      ...errors,
      ...(body === undefined ? [] : (['admin_request_invalid', 'admin_request_too_large'] as const)),
      ...(needs === null ? [] : (['admin_unauthorized'] as const)),
      ...(needs === 'operator' ? (['admin_forbidden', 'admin_from_browser'] as const) : []),
      ...(isChange(resource) ? (['admin_unaudited'] as const) : []),
      'admin_method_not_allowed',
      'admin_failed',
    ]),
  ];
}

function shapeOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: (context) => {
      if (io === 'input') nameRequired(context as Parameters<typeof nameRequired>[0]);
      // Answers may have more members in later versions.
      else if (context.jsonSchema.additionalProperties === false) delete context.jsonSchema.additionalProperties;
    },
  });
  return shape;
}

function listed(name: string, list: readonly Json[]): Json {
  return list.length === 0 ? {} : { [name]: list };
}
