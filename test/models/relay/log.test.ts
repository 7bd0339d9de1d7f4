// The relay's log in memory: order, positions, and slices of it.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { MemoryLog } from '../../../models/relay/log.ts';
import { addChange, addChanges } from '../changes.ts';

function bench(): { table: ChangeTable; log: MemoryLog } {
  const table = new ChangeTable(false);
  return { table, log: new MemoryLog(table) };
}

describe('a log', () => {
  test('is empty at first', () => {
    const { log } = bench();
    expect(log.end(3)).toBe(0);
    expect([...log.read(3, 0, 10)]).toEqual([]);
  });

  test('counts positions from 1 in the order of appending, whatever the order of making', () => {
    const { table, log } = bench();
    const [a, b, c] = addChanges(table, 0, 3) as [number, number, number];
    expect([log.append(0, c), log.append(0, a)]).toEqual([1, 2]);
    expect([a, b, c].map((change) => log.positionOf(0, change))).toEqual([2, 0, 1]);
    expect([a, b, c].map((change) => table.positionOf(change))).toEqual([2, 0, 1]);
    expect(log.end(0)).toBe(2);
    expect([...log.read(0, 0, 2)]).toEqual([c, a]);
  });

  test('keeps ledgers apart', () => {
    const { table, log } = bench();
    const mine = addChange(table, { device: 0, ledger: 5 });
    const yours = addChange(table, { device: 1, ledger: 2 });
    expect([log.append(5, mine), log.append(2, yours)]).toEqual([1, 1]);
    expect([[...log.read(5, 0, log.end(5))], [...log.read(2, 0, log.end(2))], log.end(3)]).toEqual([
      [mine],
      [yours],
      0,
    ]);
  });

  test('gives any slice of what it holds, also after it has grown', () => {
    const { table, log } = bench();
    const changes = addChanges(table, 0, 1000);
    for (const change of changes) log.append(0, change);
    expect([...log.read(0, 0, log.end(0))]).toEqual(changes);
    expect([...log.read(0, 15, 17)]).toEqual(changes.slice(15, 17));
    expect([...log.read(0, 990, 1000)]).toEqual(changes.slice(990));
    expect([...log.read(0, 1000, 1000)]).toEqual([]);
  });

  test('a slice stays as it was while the log grows', () => {
    const { table, log } = bench();
    const changes = addChanges(table, 0, 200);
    for (const change of changes.slice(0, 10)) log.append(0, change);
    const slice = log.read(0, 2, 10);
    for (const change of changes.slice(10)) log.append(0, change);
    expect([...slice]).toEqual(changes.slice(2, 10));
  });

  test('from which a beginning was removed keeps its positions, and is read after it alone', () => {
    const { table, log } = bench();
    const changes = addChanges(table, 0, 10);
    for (const change of changes) log.append(4, change);
    expect(log.removedTo(4)).toBe(0);
    log.remove(4, 3);
    expect([log.removedTo(4), log.removedTo(3), log.removedTo(5), log.end(4)]).toEqual([3, 0, 0, 10]);
    expect([...log.read(4, 3, 6)]).toEqual(changes.slice(3, 6));
    expect(() => log.read(4, 2, 6)).toThrow('removed');
    expect(log.positionOf(4, changes[0]!)).toBe(1);
    expect([...log.whole(4)]).toEqual(changes);
    const next = addChange(table, { device: 0 });
    expect(log.append(4, next)).toBe(11);
    expect(() => log.remove(4, 2)).toThrow('forward');
    expect(() => log.remove(4, 12)).toThrow('beyond');
  });

  test('that loses its end has never accepted what was there, and takes it in again', () => {
    const { table, log } = bench();
    const changes = addChanges(table, 0, 10);
    for (const change of changes) log.append(0, change);
    const handedOut = log.read(0, 4, 10);
    log.remove(0, 5);
    log.loseAfter(0, 6, 2);
    expect([log.end(0), log.removedTo(0)]).toEqual([6, 2]);
    expect(changes.map((change) => log.positionOf(0, change))).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0, 0]);
    expect([...log.whole(0)]).toEqual(changes.slice(0, 6));
    expect(log.append(0, changes[9]!)).toBe(7);
    expect(log.append(0, changes[6]!)).toBe(8);
    expect([...log.read(0, 2, 8)]).toEqual([...changes.slice(2, 6), changes[9], changes[6]]);
    // A page that is under way to a device holds what it held.
    expect([...handedOut]).toEqual(changes.slice(4, 10));
  });

  test('loses nothing where it ends before', () => {
    const { table, log } = bench();
    const changes = addChanges(table, 0, 3);
    for (const change of changes) log.append(0, change);
    log.loseAfter(0, 3, 0);
    log.loseAfter(7, 0, 0);
    expect([...log.whole(0)]).toEqual(changes);
  });
});
