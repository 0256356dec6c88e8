/** Everything the admin API has, by topic: what answers, what the OpenAPI document describes, and what the audit log tells of. */
import { ResourceTable } from './find-resource.ts';
import type { Resource } from './resource.ts';
import { CHANGES } from './resources/changes.ts';
import { HISTORY } from './resources/history.ts';
import { LEVERS } from './resources/levers.ts';
import { OBSERVATION } from './resources/observation.ts';
import { TRAFFIC } from './resources/traffic.ts';

export const RESOURCES: readonly Resource[] = [...OBSERVATION, ...CHANGES, ...HISTORY, ...LEVERS, ...TRAFFIC];

export const RESOURCE_TABLE = new ResourceTable(RESOURCES);
