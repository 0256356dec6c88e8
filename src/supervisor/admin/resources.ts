/** Everything the admin API has, by topic: what answers, what the OpenAPI document describes, and what the audit log tells of. */
import { z } from 'zod';
import { ResourceTable } from './find-resource.ts';
import { openApiOf } from './openapi.ts';
import { jsonReply } from './reply.ts';
import type { Resource } from './resource.ts';
import { CHANGES } from './resources/changes.ts';
import { HISTORY } from './resources/history.ts';
import { LEVERS } from './resources/levers.ts';
import { OBSERVATION } from './resources/observation.ts';
import { TRAFFIC } from './resources/traffic.ts';

const OPENAPI: Resource = {
  method: 'GET',
  path: '/openapi.json',
  needs: 'viewer',
  summary: 'This document.',
  success: { status: 200, means: 'An OpenAPI 3.1 document.', schema: z.looseObject({ openapi: z.string() }) },
  answer: () => jsonReply(openApiOf(RESOURCES)),
};

export const RESOURCES: readonly Resource[] = [...OBSERVATION, ...CHANGES, ...HISTORY, ...LEVERS, ...TRAFFIC, OPENAPI];

export const RESOURCE_TABLE = new ResourceTable(RESOURCES);
