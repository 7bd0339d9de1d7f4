// A store beside the modelled relay: random pushes, pulls, members and faults, the same for both, and the same answers.
// It must not know what the store keeps its rows in.

import fc from 'fast-check';
import { expect } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { MemoryLog } from '../../../models/relay/log.ts';
import type { Page, Pushed, RelayRequest } from '../../../models/relay/messages.ts';
import { RelayStore as ModelStore } from '../../../models/relay/store.ts';
import type { IncomingChange, RelayStore } from '../../../relay-adapter/server/store.ts';
import { addChange } from '../../models/changes.ts';

const LEDGERS = 2;
const DEVICES = 3;
const EPOCH_MS = 1_767_225_600_000;

const ledger = fc.nat({ max: LEDGERS - 1 });
const device = fc.nat({ max: DEVICES - 1 });
/** What one change of a push is; numbers are taken modulo what there is. */
const item = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('new' as const), offsetMs: fc.nat({ max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('snapshot' as const), covers: fc.nat() }) },
  fc.record({ is: fc.constant('again' as const), at: fc.nat() }),
  fc.record({ is: fc.constant('foreign' as const) }),
  fc.record({ is: fc.constant('bad sequence' as const) }),
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      ledger,
      device,
      items: fc.array(item, { maxLength: 5 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pull' as const), ledger, device, back: fc.nat({ max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), ledger, device }) },
  fc.record({ do: fc.constant('leave' as const), ledger, device }),
  fc.record({ do: fc.constant('freeze' as const), count: fc.nat({ max: 5 }) }),
  fc.record({ do: fc.constant('thaw' as const) }),
  fc.record({ do: fc.constant('loseFrozen' as const) }),
  fc.record({ do: fc.constant('loseTail' as const), count: fc.nat({ max: 4 }) }),
);

/** What the runs have come by. */
export interface Reached {
  pages: number;
  /** Pages that began with a SNAPSHOT. */
  snapshots: number;
  ahead: number;
  unavailable: number;
  /** Changes. */
  lost: number;
}

/** The property; each run has a store of its own. In dialect 1.0 a ledger is the account of one device. */
export function sameAsModel(
  dialect: '1.0' | '1.1',
  make: () => Promise<RelayStore>,
  reached: Reached,
): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
    fc.integer({ min: 1, max: 6 }),
    async (steps, pageSize) => {
      const store = await make();
      try {
        await compare(dialect, store, steps, pageSize, reached);
      } finally {
        await store.close();
      }
    },
  );
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function compare(
  dialect: '1.0' | '1.1',
  store: RelayStore,
  steps: Step[],
  pageSize: number,
  reached: Reached,
): Promise<void> {
  const table = new ChangeTable(true);
  const log = new MemoryLog(table);
  const members = Array.from({ length: LEDGERS }, () => new Set<number>());
  const model = new ModelStore(
    table,
    log,
    { dialect, pageSize },
    { isMember: () => true, membersOf: (of) => [...members[of]!].map((id) => ({ id })) },
  );
  const faults = store.faults!;
  const made: number[][] = Array.from({ length: LEDGERS }, () => []);
  let isFrozen = false;
  let serial = 0;
  let stranger = 1000;

  const ask = (of: number, who: number, what: { changes: number[] } | { since: number }) => {
    const identity = { ledger: of, device: who, cause: ++serial, attempt: 0, page: 0, serial, bytes: 0 };
    return model.handle({ ...identity, ...what, kind: 'changes' in what ? 'push' : 'pull' } as RelayRequest);
  };
  const name = (of: number) => (dialect === '1.0' ? `account/${of}` : `ledger ${of}`);
  const number = (of: number, which: number) => of * DEVICES + (dialect === '1.0' ? 0 : which);
  const rows = (page: Page) => [...page.changes].map((change) => ({ position: table.positionOf(change), change }));
  const parse = (body: string) => (JSON.parse(body) as { change: number }).change;

  const end = () => log.end(0) + log.end(1);
  for (const each of steps) {
    const before = end();
    if (each.do === 'push') {
      const who = number(each.ledger, each.device);
      const changes = each.items.flatMap((kind): number[] => {
        const known = made[each.ledger]!;
        if (kind.is === 'again') return known.length === 0 ? [] : [known[kind.at % known.length]!];
        if (kind.is === 'snapshot' && dialect === '1.0') return [];
        const change = addChange(table, {
          device: kind.is === 'foreign' ? who + 500 : who,
          ledger: each.ledger,
          sequence: kind.is === 'bad sequence' ? 0 : 1,
          operation: kind.is === 'snapshot' ? 'SNAPSHOT' : 'UPDATE',
          seen: kind.is === 'snapshot' ? kind.covers % (log.end(each.ledger) + 3) : 0,
          timestampMs: EPOCH_MS + (kind.is === 'new' ? kind.offsetMs : 0),
        });
        known.push(change);
        return [change];
      });
      const answer = ask(each.ledger, who, { changes });
      const verdicts = await store.push({
        ledger: name(each.ledger),
        device: `device ${who}`,
        changes: changes.map((change): IncomingChange => ({
          id: `change ${change}`,
          isByPusher: table.deviceOf(change) === who,
          sequence: table.sequenceOf(change),
          timestampMs: table.timestampMs(change),
          payloadBytes: table.payloadBytesOf(change),
          covers: table.isSnapshot(change) ? table.seenBy(change) : 0,
          body: JSON.stringify({ change }),
        })),
      });
      if (answer.kind === 'refusal') {
        reached.unavailable++;
        expect([verdicts, answer.code]).toEqual(['unavailable', 'UNAVAILABLE']);
        continue;
      }
      const { accepted, rejected, stored } = answer as Pushed;
      const isTaken = (verdict: string) => verdict === 'stored' || verdict === 'kept';
      const taken = changes.filter((_, index) => isTaken(verdicts[index]!));
      const refused = changes.flatMap((change, index) =>
        isTaken(verdicts[index]!) ? [] : [{ change, reason: verdicts[index] }],
      );
      expect([taken, refused, (verdicts as string[]).filter((verdict) => verdict === 'stored').length]).toEqual([
        accepted,
        rejected,
        stored,
      ]);
    } else if (each.do === 'pull') {
      const who = number(each.ledger, each.device);
      if (dialect === '1.0') {
        const sinceMs = EPOCH_MS + each.back - 1;
        const page = ask(each.ledger, who, { since: sinceMs }) as Page;
        reached.pages++;
        const own = await store.pullAccount({ ledger: name(each.ledger), sinceMs, pageSize });
        expect([own.bodies.map(parse), own.hasMore]).toEqual([[...page.changes], page.hasMore]);
        continue;
      }
      // Mostly from near the end, sometimes from beyond it, and from the beginning.
      const cursor = each.back === 6 ? 0 : Math.max(0, log.end(each.ledger) + 1 - each.back);
      const answer = ask(each.ledger, who, { since: cursor });
      const page = await store.pull({ ledger: name(each.ledger), device: `device ${who}`, cursor, pageSize });
      if (page === 'ahead' || answer.kind === 'refusal') {
        reached.ahead++;
        expect([page, answer]).toMatchObject(['ahead', { code: 'CURSOR_AHEAD' }]);
        continue;
      }
      const expected = answer as Page;
      const { snapshot } = expected;
      reached.pages++;
      if (snapshot !== undefined) reached.snapshots++;
      expect({
        snapshot: page.snapshot && { position: page.snapshot.position, change: parse(page.snapshot.body) },
        changes: page.changes.map(({ position, body }) => ({ position, change: parse(body) })),
        cursor: page.cursor,
        hasMore: page.hasMore,
      }).toEqual({
        snapshot: snapshot === undefined ? undefined : { position: table.seenBy(snapshot), change: snapshot },
        changes: rows(expected),
        cursor: expected.cursor,
        hasMore: expected.hasMore,
      });
    } else if (each.do === 'join') {
      members[each.ledger]!.add(number(each.ledger, each.device));
      await store.join(name(each.ledger), `device ${number(each.ledger, each.device)}`);
    } else if (each.do === 'leave') {
      const who = number(each.ledger, each.device);
      const wasMember = members[each.ledger]!.delete(who);
      expect(await store.leave(name(each.ledger), `device ${who}`)).toBe(wasMember);
      // The model removes with the next pull that gets further, whoever's it is; a store at once.
      if (wasMember && dialect === '1.1') ask(each.ledger, ++stranger, { since: 1 });
    } else if (each.do === 'freeze') {
      if (isFrozen) continue;
      model.freeze(each.count);
      await faults.freeze(each.count);
      isFrozen = true;
    } else if (each.do === 'loseTail') {
      model.loseTail(each.count);
      await faults.loseTail(each.count);
      reached.lost += before - end();
    } else if (isFrozen) {
      model[each.do]();
      await faults[each.do]();
      reached.lost += before - end();
      isFrozen = false;
    }
  }
}
