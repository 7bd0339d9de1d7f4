import { afterEach, expect, it } from 'vitest';
import { relayApp } from '../../../relay-adapter/server/app.ts';
import { openStore } from '../../../relay-adapter/server/open-store.ts';
import type { CommitFigures, RelayStore } from '../../../relay-adapter/server/store.ts';

let store: RelayStore | undefined;
afterEach(async () => store?.close());

function push(device: string, ...ids: string[]) {
  const changes = ids.map((id, index) => ({
    id: `${device}-${id}`,
    entity_type: 'transaction',
    entity_id: 'rent',
    operation: 'CREATE',
    encrypted_payload: 'c2VhbGVk',
    timestamp: 1,
    actor: device,
    sequence: index + 1,
  }));
  return { protocol_version: '1.1.0', ledger_id: 'household', device_id: device, timestamp: 1, changes };
}

it('the relay tells of commits of changes: how many, what they held and what they took', async () => {
  store = await openStore('sqlite::memory:');
  const app = await relayApp({ store, rateLimitPerMinute: 0 });
  const ask = (url: string, payload: object) => app.inject({ method: 'POST', url, payload });
  // Two that come in one turn share a commit; pulls that store a cursor are no commit of changes.
  await Promise.all([ask('/sync/push', push('phone', 'a', 'b')), ask('/sync/push', push('laptop', 'c'))]);
  await ask('/sync/push', push('tablet', 'd'));
  const page = await ask('/sync/pull', { protocol_version: '1.1.0', ledger_id: 'household', device_id: 'phone' });
  const { cursor } = JSON.parse(page.body) as { cursor: string };
  await ask('/sync/pull', { protocol_version: '1.1.0', ledger_id: 'household', device_id: 'phone', cursor });
  const { body } = await app.inject({ method: 'GET', url: '/metrics' });
  const value = (name: string): number =>
    Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );
  expect(value('squall_relay_commit_duration_seconds_count')).toBe(2);
  expect(value('squall_relay_commit_duration_seconds_sum')).toBeGreaterThan(0);
  expect(value('squall_relay_committed_total{what="jobs"}')).toBe(3);
  expect(value('squall_relay_committed_total{what="changes"}')).toBe(4);
  expect(value('squall_relay_cpu_seconds_total')).toBeGreaterThan(0);
  await app.close();
});

it('a store tells of commits until it is told not to', async () => {
  store = await openStore('sqlite::memory:');
  const heard: CommitFigures[] = [];
  const end = store.onCommit!((commit) => heard.push(commit));
  const change = { isByPusher: true, timestampMs: 1, payloadBytes: 1, covers: 0, body: '{}' };
  const pushOf = (id: string, sequence: number): Promise<unknown> =>
    store!.push({ ledger: 'l', device: 'd', changes: [{ ...change, id, sequence }] });
  await pushOf('a', 1);
  end();
  await pushOf('b', 2);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ jobs: 1, changes: 1 });
});
