import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rate } from '../../sim/metric-kinds.ts';
import { ConflictHistory } from './conflict-history.ts';

const device = fc.nat(4);
const targets = fc.subarray(['a/x', 'a/y', 'b/x'], { minLength: 1, maxLength: 2 });
const editing = fc.record({ do: fc.constant('edit' as const), device, targets });
const pushing = fc.record({ do: fc.constant('push' as const), device, count: fc.integer({ min: 1, max: 3 }) });
const pulling = fc.record({ do: fc.constant('pull' as const), device, count: fc.integer({ min: 1, max: 6 }) });
const waiting = fc.record({ do: fc.constant('wait' as const), us: fc.nat(40_000_000) });
const switching = fc.record({ do: fc.constant('switch' as const), device: fc.integer({ min: 2, max: 4 }) });

/** All who are online push and pull everything. */
const syncing = fc.record({ do: fc.constant('sync' as const) });

const step = fc.oneof(editing, editing, editing, pushing, pushing, pulling, pulling, waiting, syncing);
const stepWithOffline = fc.oneof(
  editing,
  editing,
  editing,
  pushing,
  pushing,
  pulling,
  pulling,
  waiting,
  syncing,
  switching,
);
type Step = typeof stepWithOffline extends fc.Arbitrary<infer T> ? T : never;

/** Carries out a history of five devices, of which the first two are always online. */
function play(steps: readonly Step[], afterStep?: (history: ConflictHistory) => void): ConflictHistory {
  const history = new ConflictHistory(5);
  for (const each of steps) {
    if (each.do === 'edit') history.edit(each.device, each.targets);
    else if (each.do === 'push') history.push(each.device, each.count);
    else if (each.do === 'pull') history.pull(each.device, each.count);
    else if (each.do === 'wait') history.wait(each.us);
    else if (each.do === 'sync') history.sync();
    else history.setOnline(each.device, !history.members[each.device]!.isOnline);
    afterStep?.(history);
  }
  return history;
}

describe('in any history', () => {
  test.each([
    ['of devices that are always online', fc.array(step, { maxLength: 80 })],
    ['of devices that go offline and edit there', fc.array(stepWithOffline, { maxLength: 80 })],
  ])('%s, a change is concurrent where its author had not applied an earlier one of its place', (_, steps) => {
    fc.assert(
      fc.property(steps, (list) => {
        play(list, ({ measures, concurrent }) => {
          expect(measures.concurrentModifications.value).toBe(concurrent.length);
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test.each([
    ['of devices that are always online', fc.array(step, { maxLength: 80 })],
    ['of devices that go offline and edit there', fc.array(stepWithOffline, { maxLength: 80 })],
  ])('%s, a conflict is resolved when every online member but its author has applied it', (_, steps) => {
    fc.assert(
      fc.property(steps, (list) => {
        play(list, ({ conflicts, outstanding }) => expect(conflicts.outstanding).toBe(outstanding));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test('no device takes two changes for concurrent of which one knew the other', () => {
    fc.assert(
      fc.property(fc.array(stepWithOffline, { maxLength: 80 }), (list) => {
        const history = play(list);
        history.settle();
        for (const [by, change, other] of history.noticed) {
          expect(history.areConcurrent(change, other), `${change} and ${other}, said by device ${by}`).toBe(true);
          const [one, two] = [history.changes[change]!, history.changes[other]!];
          expect(one.targets.some((target) => two.targets.includes(target))).toBe(true);
        }
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  test('every change that is concurrent with an earlier one is noticed by some device that has all', () => {
    fc.assert(
      fc.property(fc.array(stepWithOffline, { maxLength: 80 }), (list) => {
        const history = play(list);
        history.settle();
        expect(history.concurrent.filter(({ isNoticed }) => !isNoticed)).toEqual([]);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  test('a device that has all has noticed exactly the pairs that are concurrent, while it remembers them', () => {
    fc.assert(
      fc.property(fc.array(stepWithOffline, { maxLength: 30 }), (list) => {
        // Up to 16 changes of a place are remembered.
        fc.pre(list.filter((each) => each.do === 'edit').length <= 16);
        const history = play(list);
        history.settle();
        const pairs: string[] = [];
        for (const [one, { author, targets: places }] of history.changes.entries()) {
          for (let other = 0; other < one; other++) {
            const { author: otherAuthor, targets: otherPlaces } = history.changes[other]!;
            const isOfOnePlace = places.some((place) => otherPlaces.includes(place));
            if (author !== otherAuthor && isOfOnePlace && history.areConcurrent(one, other))
              pairs.push(`${other}|${one}`);
          }
        }
        for (const { index } of history.members) {
          const noticed = history.noticed
            .filter(([by]) => by === index)
            .map(([, one, other]) => `${Math.min(one, other)}|${Math.max(one, other)}`);
          expect([...new Set(noticed)].sort()).toEqual(pairs.sort());
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
  });

  test.each([
    ['of devices that are always online', fc.array(step, { maxLength: 80 }), true],
    ['of devices that are always online, cut off before all was delivered', fc.array(step, { maxLength: 80 }), false],
    ['of devices that go offline and edit there', fc.array(stepWithOffline, { maxLength: 80 }), true],
  ])('%s, the metrics say at the end what was there', (_, steps, settles) => {
    fc.assert(
      fc.property(steps, (list) => {
        const history = play(list);
        history.wait(1_000_000);
        if (settles) history.settle();
        history.conflicts.close();
        expect(history.results()).toEqual(history.expected());
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

const SECOND_US = 1_000_000;

function shareOf({ passes, total }: Rate): number[] {
  return [passes, total];
}

describe('a conflict', () => {
  /** Two devices edit one place at once and push; the second one's change is the conflict. */
  function twoEdit(history: ConflictHistory): void {
    history.edit(0, ['a/x']);
    history.edit(1, ['a/x']);
    history.push(0);
    history.push(1);
  }

  test('is not there between changes of different places, of one device, or of which one knew the other', () => {
    const history = new ConflictHistory(3);
    history.edit(0, ['a/x']);
    history.edit(1, ['a/y', 'b/x']);
    history.edit(0, ['a/x']);
    history.sync();
    history.edit(2, ['a/x', 'a/y']);
    history.sync();
    history.conflicts.close();
    expect(history.measures.concurrentModifications.value).toBe(0);
    expect(history.noticed).toEqual([]);
    expect(history.measures.conflictDetection.total).toBe(0);
  });

  test('is there where the author had pulled, but not far enough', () => {
    const history = new ConflictHistory(2);
    history.edit(0, ['b/x']);
    history.edit(0, ['a/x']);
    history.push(0);
    history.pull(1, 1);
    history.edit(1, ['a/x']);
    expect(history.measures.concurrentModifications.value).toBe(1);
    history.sync();
    expect(history.noticed.map(([, ...pair]) => pair.sort())).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('counts once, in however many places it is and with however many others', () => {
    const history = new ConflictHistory(4);
    for (const author of [0, 1, 2]) history.edit(author, ['a/x', 'a/y']);
    history.edit(3, ['a/x', 'a/y', 'b/x']);
    history.sync();
    history.conflicts.close();
    expect(history.results()).toEqual(history.expected());
    expect(history.measures.concurrentModifications.value).toBe(3);
    expect(shareOf(history.measures.conflictDetection)).toEqual([3, 3]);
  });

  test('is resolved when the slowest online member has applied it, and not before', () => {
    const history = new ConflictHistory(4);
    twoEdit(history);
    for (const [member, outstanding] of [
      [1, 1],
      [0, 1],
      [3, 1],
      [2, 0],
    ] as const) {
      history.wait(SECOND_US);
      history.pull(member);
      expect(history.conflicts.outstanding).toBe(outstanding);
    }
    expect(history.measures.conflictResolution.result(1)).toMatchObject({ values: { count: 1, min: 4000, max: 4000 } });
    expect(history.measures.conflictsResolved.value).toBe(1);
  });

  test('does not wait for its author, who has it', () => {
    const history = new ConflictHistory(3);
    twoEdit(history);
    history.pull(0);
    history.pull(2);
    expect(history.conflicts.outstanding).toBe(0);
  });

  test('does not wait for members that are offline, and waits for them when they are back', () => {
    const history = new ConflictHistory(4);
    history.setOnline(3, false);
    twoEdit(history);
    history.pull(0);
    expect(history.conflicts.outstanding).toBe(1);
    history.setOnline(2, false);
    expect(history.conflicts.outstanding).toBe(0);
    history.edit(0, ['a/y']);
    history.edit(1, ['a/y']);
    history.setOnline(2, true);
    history.push(0);
    history.push(1);
    history.pull(0);
    expect(history.conflicts.outstanding).toBe(1);
    history.pull(2);
    expect(history.conflicts.outstanding).toBe(0);
  });

  test('of two changes made offline long ago is one as any other', () => {
    const history = new ConflictHistory(3);
    history.setOnline(2, false);
    history.edit(0, ['a/x']);
    history.sync();
    history.edit(1, ['a/x']);
    history.sync();
    history.wait(60 * SECOND_US);
    history.edit(2, ['a/x']);
    expect(history.measures.concurrentModifications.value).toBe(1);
    history.settle();
    history.conflicts.close();
    expect(shareOf(history.measures.conflictDetection)).toEqual([1, 1]);
  });

  test('of a change whose author lags by more changes than are remembered is noticed with the newest of these', () => {
    const history = new ConflictHistory(3);
    history.edit(1, ['a/x']);
    for (let i = 0; i < 20; i++) history.edit(0, ['a/x']);
    history.push(0);
    history.pull(2);
    history.sync();
    const others = history.noticed.filter(([by]) => by === 2).map(([, one, other]) => [one, other]);
    expect(others).toEqual(Array.from({ length: 16 }, (_, i) => [0, 20 - i]));
    history.conflicts.close();
    expect(history.results()).toEqual(history.expected());
  });

  test.each([
    [30 * SECOND_US, 1],
    [30 * SECOND_US + 1, 0],
  ])('that is resolved after %i µs is a success %i times', (us, passes) => {
    const history = new ConflictHistory(3);
    twoEdit(history);
    history.pull(0);
    history.wait(us);
    history.pull(2);
    history.conflicts.close();
    expect(shareOf(history.measures.mergeSuccess)).toEqual([passes, 1]);
    expect(shareOf(history.measures.conflictDetection)).toEqual([1, 1]);
  });

  test('that was resolved in time and is noticed later by a device that was offline is a success', () => {
    const history = new ConflictHistory(3);
    history.setOnline(2, false);
    history.edit(2, ['a/x']);
    history.edit(0, ['a/x']);
    history.sync();
    expect(history.conflicts.outstanding).toBe(0);
    expect(history.noticed).toEqual([]);
    history.wait(60 * SECOND_US);
    history.settle();
    history.conflicts.close();
    expect(shareOf(history.measures.conflictDetection)).toEqual([1, 1]);
    expect(shareOf(history.measures.mergeSuccess)).toEqual([1, 1]);
  });

  test('that nobody notices counts as not detected, and not as a merge', () => {
    const history = new ConflictHistory(3);
    history.setOnline(2, false);
    history.edit(2, ['a/x']);
    history.edit(0, ['a/x']);
    history.sync();
    history.conflicts.close();
    expect(shareOf(history.measures.conflictDetection)).toEqual([0, 1]);
    expect(history.measures.mergeSuccess.total).toBe(0);
  });

  test('that is noticed but never resolved counts as detected, and its merge as failed', () => {
    const history = new ConflictHistory(3);
    twoEdit(history);
    history.pull(0);
    history.conflicts.close();
    expect(shareOf(history.measures.conflictDetection)).toEqual([1, 1]);
    expect(shareOf(history.measures.mergeSuccess)).toEqual([0, 1]);
    expect(history.measures.conflictsResolved.value).toBe(0);
  });
});

test('places are numbered once and named again', () => {
  const { conflicts } = new ConflictHistory(1);
  const names = ['a/x', 'a/y', 'a/x', 'constructor/x'];
  expect(names.map((name) => conflicts.numberOf(name))).toEqual([0, 1, 0, 2]);
  expect([0, 1, 2].map((number) => conflicts.nameOf(number))).toEqual(['a/x', 'a/y', 'constructor/x']);
});
