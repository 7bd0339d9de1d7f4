// Retention: which SNAPSHOT stands for a log, and whose cursors hold its removal back.

import { describe, expect, test } from 'vitest';
import { Retention } from '../../../models/relay/retention.ts';

const members = (...ids: number[]): { id: number }[] => ids.map((id) => ({ id }));

describe('the SNAPSHOT of a log', () => {
  test('is the last one that covers more than those before it', () => {
    const retention = new Retention();
    expect(retention.newest(2)).toBeUndefined();
    const stored = [
      [10, 5, 7],
      [11, 5, 8],
      [12, 3, 9],
      [13, 8, 10],
    ].map(([change, covers, position]) =>
      retention.stored(2, { change: change!, covers: covers!, position: position! }),
    );
    expect(stored).toEqual([true, false, false, true]);
    expect(retention.newest(2)).toEqual({ change: 13, covers: 8, position: 10 });
    expect([retention.newest(1), retention.newest(3)]).toEqual([undefined, undefined]);
  });

  test('of whoever has less of the log is the one that stands there', () => {
    const retention = new Retention();
    retention.stored(0, { change: 10, covers: 5, position: 7 });
    retention.stored(0, { change: 13, covers: 8, position: 10 });
    const found = [6, 7, 9, 10, 11].map((end) => retention.newest(0, end)?.change);
    expect(found).toEqual([undefined, 10, 10, 13, 13]);
  });

  test('that covers nothing is none', () => {
    const retention = new Retention();
    expect(retention.stored(0, { change: 1, covers: 0, position: 1 })).toBe(false);
    expect(retention.newest(0)).toBeUndefined();
  });
});

describe('what may be removed', () => {
  test('is what members presented last, also where one has gone back since', () => {
    const retention = new Retention();
    retention.stored(0, { change: 1, covers: 9, position: 12 });
    expect([retention.presented(1, 12), retention.presented(2, 7), retention.presented(2, 7)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(retention.removableTo(0, members(1, 2))).toBe(7);
    expect(retention.presented(1, 4)).toBe(false);
    expect(retention.removableTo(0, members(1, 2))).toBe(4);
    expect(retention.presented(1, 10)).toBe(true);
    expect(retention.removableTo(0, members(1, 2))).toBe(7);
    expect(retention.removableTo(0, members(1))).toBe(9);
  });

  test('is nothing where a member has never pulled, known by number or not', () => {
    const retention = new Retention();
    retention.stored(0, { change: 1, covers: 9, position: 12 });
    retention.presented(1, 12);
    retention.presented(200, 12);
    expect(retention.removableTo(0, members(1, 3))).toBe(0);
    expect(retention.removableTo(0, members(1, 100_000))).toBe(0);
    expect(retention.removableTo(0, members(1, 200))).toBe(9);
  });
});

test('a log that loses its end loses the SNAPSHOTs there, and nobody has pulled beyond it', () => {
  const retention = new Retention();
  retention.stored(0, { change: 1, covers: 3, position: 5 });
  retention.stored(0, { change: 2, covers: 6, position: 8 });
  retention.stored(1, { change: 3, covers: 6, position: 8 });
  retention.presented(1, 9);
  retention.presented(2, 2);
  retention.loseAfter(0, 7, members(1, 2));
  expect(retention.newest(0)?.change).toBe(1);
  expect(retention.newest(1)?.change).toBe(3);
  retention.stored(0, { change: 4, covers: 9, position: 12 });
  expect(retention.removableTo(0, members(1))).toBe(7);
  expect(retention.removableTo(0, members(1, 2))).toBe(2);
});
