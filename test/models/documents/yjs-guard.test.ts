// In a process of its own: the guard must be there before Yjs is loaded, since lib0 keeps the function that it draws by.
import { expect, test } from 'vitest';
import type { Replica } from '../../../models/documents/port.ts';
import { guarded, installGuard, resetServedCounts, served, servedCounts } from '../../../sim/guard.ts';

installGuard();
const { default: yjs } = await import('../../../models/documents/yjs.ts');

/** Everything that a replica can be asked for, with clocks and entropy from a source; gives all bytes and texts. */
function everything(fraction: number): unknown[] {
  const source = { random: () => fraction, nowMs: () => 1_767_225_600_000 + fraction };
  return guarded(() =>
    served(source, () => {
      const [one, other] = [1, 2].map((actor) =>
        yjs.create({ deviceIndex: actor, incarnation: 0, actor, ...source }),
      ) as [Replica, Replica];
      const changes = [
        ...one.edit({ kind: 'set', entity: 'a', field: 'x', value: 'value' }).changes,
        ...one.edit({ kind: 'text-insert', entity: 'a', at: 0, text: 'text' }).changes,
        ...one.edit({ kind: 'list-insert', entity: 'a', at: 0, value: 'item' }).changes,
      ];
      other.receive(changes);
      changes.push(...other.edit({ kind: 'count', entity: 'a', field: 'n', by: 1 }).changes);
      one.receive(changes);
      const merged = yjs.merge!(changes);
      const restarted = yjs.create({ deviceIndex: 1, incarnation: 1, actor: 3, ...source });
      restarted.load(one.save());
      changes.push(...restarted.edit({ kind: 'tag-add', entity: 'a', tag: 't' }).changes);
      const states = [one, other, restarted].map((each) => [each.save(), each.version(), each.view(), each.pending()]);
      return [changes, merged, yjs.versionOf!(merged), one.since!(''), states];
    }),
  );
}

test('in simulated code nothing is asked of the real world, and what is drawn does not matter', () => {
  resetServedCounts();
  const first = everything(0.25);
  // Yjs draws a client for each document, which is never used.
  expect(servedCounts()).toEqual({ 'crypto.getRandomValues': 4 });
  expect(everything(0.75)).toEqual(first);
});
