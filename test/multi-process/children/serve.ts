/** A bare acceptor: uWS over the inherited listening socket 4; answers every request with its own process id. */
import { AcceptLoop } from '../../../native-bindings/native.ts';
import { loadUws } from '../../../native-bindings/uws-loader.ts';

const tls = process.argv.slice(2);
const uws = loadUws({ maxHeaderBytes: 16_384 });
const app = tls.length === 2 ? uws.SSLApp({ cert_file_name: tls[0], key_file_name: tls[1] }) : uws.App();
let open = 0;
let opened = 0;
const countConnection = (_: unknown, change: 1 | -1): void => {
  open += change;
  if (change === 1) opened++;
};
app.filter(countConnection);
app.any('/*', (res, req) => {
  res.onAborted(() => {});
  // Views with an offset: what lies around them in the buffer must not get out.
  const around = Buffer.from('<200 OK|x-word|worth>');
  res.cork(() => {
    res.writeStatus(around.subarray(1, 7));
    res.writeHeader(around.subarray(8, 14), around.subarray(15, 20));
    res.end(req.getUrl() === '/counts' ? `${open} ${opened}` : `${process.pid}`, true);
  });
});
new AcceptLoop(
  4,
  (fd) => app.adoptSocket(fd),
  (code) => process.send?.(code),
).start();
process.send?.('serving');
process.on('disconnect', () => process.exit());
