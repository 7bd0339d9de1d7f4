// The entry of a relay as it is served, for tests: it is told as the one of the spawn side what to open, makes members of
// those who come, and can make no faults. Run by relay-process.ts.

import type { ChildAnswer, ChildQuestion } from '../../../relay-adapter/wire/relay-child.ts';
import { openStore } from '../../../relay-adapter/server/open-store.ts';
import { type ServedRelay, serve } from '../../../relay-adapter/server/serve.ts';
import type { RelayStore } from '../../../relay-adapter/server/store.ts';
import { carried } from '../../../relay-adapter/wire/carried-error.ts';

/** How long the planted bug writes after it has answered. */
const HASTE_MS = 1000;

const [kind = ''] = process.argv.slice(2);
let relay: ServedRelay | undefined;

/** The planted bug: the answer is out before anything is written. */
function hasty(store: RelayStore): RelayStore {
  const write = store.push.bind(store);
  store.push = async (push) => {
    setTimeout(() => void write(push), HASTE_MS);
    return push.changes.map(() => 'stored' as const);
  };
  return store;
}

/** The planted bug: one page in so many is given out without its first change, as if that had been committed late. */
const SKIPPED_PAGES = 5;

function skipping(store: RelayStore): RelayStore {
  const read = store.pull.bind(store);
  let pages = 0;
  store.pull = async (pull) => {
    const page = await read(pull);
    if (page === 'ahead' || page.changes.length < 2 || ++pages % SKIPPED_PAGES > 0) return page;
    return { ...page, changes: page.changes.slice(1) };
  };
  return store;
}

const PLANTED: Readonly<Record<string, (store: RelayStore) => RelayStore>> = { hasty, skipping };

async function open(question: ChildQuestion): Promise<ChildAnswer> {
  if (question.kind !== 'open') return { kind: 'failed', message: 'this relay is only opened' };
  const { tokenSecret, pageSize } = question.options;
  const opened = await openStore(question.address);
  const store = PLANTED[kind]?.(opened) ?? opened;
  relay = await serve({ store, host: '127.0.0.1', port: 0, tokenSecret, pageSize, rateLimitPerMinute: 0 });
  return { kind: 'listening', url: relay.url };
}

process.on('SIGINT', () => undefined);
process.on('message', (question: ChildQuestion) => {
  void open(question)
    .catch(carried)
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => void relay?.close());
