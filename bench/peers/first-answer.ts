import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectSecurely } from 'node:tls';
import type { LoadPlan, WorkloadLine } from '../load/workload.ts';

const ANSWER_MS = 2_000;

/** The first request of a workload. */
export async function firstRequest(workload: string): Promise<WorkloadLine> {
  const input = createReadStream(workload);
  try {
    for await (const text of createInterface({ input })) return JSON.parse(text) as WorkloadLine;
  } finally {
    input.destroy();
  }
  throw new Error(`${workload} is empty`);
}

/** Whether a gateway answers a request with the status that it expects. A gateway that listens may not know its routes yet. */
export async function answersAsExpected(
  { host, port, tls }: LoadPlan,
  { head, fillerBytes, expect }: WorkloadLine,
): Promise<boolean> {
  const socket = tls ? connectSecurely({ host, port, rejectUnauthorized: false }) : connect({ host, port });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, tls ? 'secureConnect' : 'connect');
    socket.write(head, 'latin1');
    if (fillerBytes > 0) socket.write(Buffer.alloc(fillerBytes));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 64)) ?? [];
    return Number(status) === expect;
  } catch {
    return false;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}
