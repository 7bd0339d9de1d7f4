// The entry of a process in which real relays listen at addresses of their own, as many as it is asked for. It must not
// know who drives them.

import { openStore } from '../../relay-adapter/server/open-store.ts';
import { serve } from '../../relay-adapter/server/serve.ts';

export interface RelayWanted {
  /** Left out, no tokens are asked for. */
  readonly tokenSecret?: string | undefined;
  readonly pageSize: number;
}

async function listening({ tokenSecret, pageSize }: RelayWanted): Promise<string> {
  const store = await openStore('sqlite::memory:', {});
  const { url } = await serve({
    store,
    host: '127.0.0.1',
    port: 0,
    tokenSecret,
    pageSize,
    rateLimitPerMinute: 0,
    membership: 'listed',
  });
  return url;
}

process.on('SIGINT', () => undefined);
process.on('message', (wanted: RelayWanted) => {
  void listening(wanted).then(
    (url) => process.send?.({ url }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// What listens would keep the process alive.
process.on('disconnect', () => process.exit(0));
