import { readFileSync } from 'node:fs';

/** Version of this gateway, from its package.json; compiled code lies two folders below it. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
