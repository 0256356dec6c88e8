/** Requests with headers that fetch would not send: repeated ones, odd spellings. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** @returns the status of the answer */
export async function raw(
  port: number,
  path: string,
  headers: readonly (readonly [string, string])[],
): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  await once(socket, 'close');
  return Number(text.slice(9, 12));
}
