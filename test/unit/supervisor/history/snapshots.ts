/** Snapshots and histories for tests, compiled from real configs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAndCompile } from '../../../../src/config/load-and-compile.ts';
import type { CompileSuccess } from '../../../../src/offload/protocol.ts';
import { type ConfigSnapshot, snapshotOf } from '../../../../src/supervisor/history/config-snapshot.ts';
import { History } from '../../../../src/supervisor/history/history.ts';
import type { HistoryEvent } from '../../../../src/supervisor/history/history-entry.ts';
import type { Lifetime } from '../../../support/lifetime.ts';
import { tempDir } from '../../../support/temp-dir.ts';

export const SECRET = 'keep-this-to-yourself';

const textOf = (port: number): string => `version: 1
listeners:
  - { name: public, address: 127.0.0.1:8080 }
admin: { address: 127.0.0.1:0, token: "\${env:TOKEN}" }
upstreams:
  u: { endpoints: [http://127.0.0.1:${port}] }
routes:
  - { name: all, match: { path: /* }, forward: { upstream: u } }
`;

/** A config whose upstream has this port. */
export function compiled(lifetime: Lifetime, port: number): CompileSuccess {
  const path = join(tempDir(lifetime), 'penstock.yaml');
  writeFileSync(path, textOf(port));
  const reply = loadAndCompile({
    ...{ path, environment: { TOKEN: SECRET } },
    ...{ series: null, endpointRows: null, roomBytes: null },
  });
  if (!reply.ok) throw new Error(JSON.stringify(reply.diagnostics));
  return reply;
}

export interface OpenedHistory {
  readonly history: History;
  /** What it has said the disk refused. */
  readonly troubles: readonly string[];
}

export async function openHistory(folder: string): Promise<OpenedHistory> {
  const troubles: string[] = [];
  return { history: await History.open(folder, (message) => troubles.push(message)), troubles };
}

/** Adds what became of a compiled config. @returns its snapshot */
export function add(history: History, reply: CompileSuccess, event: HistoryEvent = 'published'): ConfigSnapshot {
  const snapshot = snapshotOf(reply, null, 'penstock.yaml', history);
  const isLive = event !== 'refused';
  history.add(
    {
      ...{ event, id: isLive ? snapshot.id : null, label: null, source: snapshot.source },
      ...{ generation: isLive ? 1 : null, routes: 1, message: null, evidence: null },
      cause: { kind: 'signal', who: null, why: null },
    },
    isLive ? { ...snapshot, numbering: reply } : null,
  );
  return snapshot;
}

/** Whether two are the same in everything there is to be gone back to. */
export function contentOf({ image, globals: _, ...rest }: ConfigSnapshot): object {
  return { ...rest, image: Buffer.from(image).toString('base64') };
}
