// The entry of a process in which flawed relays listen, as many as it is asked for. It must not know who drives them.

import { flawedRelay, type FlawedRelayOptions } from './flawed-relay.ts';

process.on('SIGINT', () => undefined);
process.on('message', (options: FlawedRelayOptions) => {
  const server = flawedRelay(options);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
  });
});
process.on('disconnect', () => process.exit(0));
