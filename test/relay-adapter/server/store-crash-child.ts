// Pushes and pulls until it is killed, and says of each when it is done. Run by store-crash.ts.

import { writeSync } from 'node:fs';
import { openStore } from '../../../relay-adapter/server/open-store.ts';
import type { StorePage } from '../../../relay-adapter/server/store.ts';

const [spec, round] = process.argv.slice(2) as [string, string];
const store = await openStore(spec);
await store.join('ledger', 'a');

async function pushAll(lane: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = `${round}/${lane}/${n}`;
    const body = JSON.stringify({ id, text: 'x'.repeat(500) });
    const change = { id, isByPusher: true, sequence: 1, timestampMs: 1, payloadBytes: 1, covers: 0, body };
    await store.push({ ledger: 'ledger', device: 'a', changes: [change] });
    writeSync(1, `pushed ${id}\n`);
  }
}

async function pullAll(): Promise<never> {
  for (let cursor = 0; ;) {
    const page = (await store.pull({ ledger: 'ledger', device: 'a', cursor, pageSize: 20 })) as StorePage;
    if (cursor > 0) writeSync(1, `presented ${cursor}\n`);
    // It waits for changes as a device would, by pulling again.
    ({ cursor } = page);
    await store.check();
  }
}

await Promise.all([pushAll(0), pushAll(1), pushAll(2), pullAll()]);
