// A server that does nothing but answer, in a process of its own: what the driver and the loopback take by themselves is
// measured against it. It says its port to the process that forked it, and ends with it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = '{"accepted":["-"],"changes":[]}';

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
