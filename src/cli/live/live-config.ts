/** What a running gateway runs on, as a config to compare with. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type LoadResult, loadSource } from '../../config/load.ts';
import type { StandIn } from '../../config/references.ts';
import { mergeTexts } from '../../config/source/read-source.ts';
import type { AdminClient } from '../admin-client.ts';
import { askGateway } from './ask-gateway.ts';

interface LiveFiles {
  readonly files: readonly { readonly file: string; readonly text: string }[];
}

/**
 * Loads what is live. Paths in it are looked for where its files stood; where that folder is not here, beside another config.
 *
 * @param beside path of the config that it is compared with
 * @throws Error in a sentence when the gateway does not tell
 */
export async function loadLive(
  client: AdminClient,
  beside: string,
  environment: NodeJS.ProcessEnv,
  standIn: StandIn,
): Promise<Omit<LoadResult, 'files' | 'texts'>> {
  const { live } = await askGateway<{ readonly live: string }>(client, { get: '/history?limit=1' });
  const { files } = await askGateway<LiveFiles>(client, { get: `/history/${live}/files` });
  const placed = files.map(({ file, text }) => ({ file: placeOf(file, beside), text }));
  const { source, diagnostics } = mergeTexts(placed);
  return source === null ? { loaded: null, diagnostics, beside: [] } : loadSource(source, environment, { standIn });
}

function placeOf(file: string, beside: string): string {
  return existsSync(dirname(file)) ? file : join(dirname(beside), basename(file));
}
