// The entry of a relay that hostile requests are sent to: tokens, a SQLite file, no rate limit, short patience. It tells
// its parent where it listens, and ends with it.

import { openStore } from '../../../relay-adapter/server/open-store.ts';
import { serve } from '../../../relay-adapter/server/serve.ts';

const [file = '', tokenSecret = '', requestTimeoutMs = '120000'] = process.argv.slice(2);
const relay = await serve({
  store: await openStore(`sqlite:${file}`, { durability: 'none' }),
  host: '127.0.0.1',
  port: 0,
  tokenSecret,
  rateLimitPerMinute: 0,
  requestTimeoutMs: Number(requestTimeoutMs),
});
process.on('disconnect', () => void relay.close());
process.send?.(relay.url);
