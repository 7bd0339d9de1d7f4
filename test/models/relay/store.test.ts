// The store's answers that the contract of the relay port leaves open: refusals of single changes, and 1.0's accounts.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { MemoryLog } from '../../../models/relay/log.ts';
import type { Page, PullRequest, Pushed, PushRequest } from '../../../models/relay/messages.ts';
import { refusal, RelayStore } from '../../../models/relay/store.ts';
import { addChange, addChanges } from '../changes.ts';

const identity = { cause: 0, attempt: 0, page: 0, serial: 1, bytes: 100 };

function bench(dialect: '1.0' | '1.1' = '1.1', pageSize = 3) {
  const table = new ChangeTable(false);
  const log = new MemoryLog(table);
  // Devices 0–9 are members of ledger 0, the next ten of ledger 1.
  const store = new RelayStore(
    table,
    log,
    { dialect, pageSize },
    (ledger, device) => Math.floor(device / 10) === ledger,
  );
  const push = (device: number, changes: readonly number[], ledger = 0) =>
    store.handle({ kind: 'push', ledger, device, changes, ...identity } satisfies PushRequest);
  const pull = (device: number, since: number, ledger = 0) =>
    store.handle({ kind: 'pull', ledger, device, since, ...identity } satisfies PullRequest);
  return { table, log, store, push, pull };
}

describe('a push', () => {
  test('is judged change by change: the sound ones are stored, the others refused with their reasons', () => {
    const { table, log, push } = bench();
    const sound = addChange(table, { device: 1 });
    const foreign = addChange(table, { device: 2 });
    const elsewhere = addChange(table, { device: 1, ledger: 1 });
    const unnumbered = addChange(table, { device: 1, sequence: 0 });
    const last = addChange(table, { device: 1, sequence: 2 });
    expect(push(1, [sound, foreign, elsewhere, unnumbered, last])).toEqual({
      kind: 'pushed',
      accepted: [sound, last],
      rejected: [
        { change: foreign, reason: 'FOREIGN_ACTOR' },
        { change: elsewhere, reason: 'FOREIGN_LEDGER' },
        { change: unnumbered, reason: 'BAD_SEQUENCE' },
      ],
      stored: 2,
    } satisfies Pushed);
    expect([...log.read(0, 0, log.end(0))]).toEqual([sound, last]);
    expect(log.end(1)).toBe(0);
  });

  test('tells how many it stored, a change that comes twice in it counting once', () => {
    const { table, log, push } = bench();
    const [a, b] = addChanges(table, 1, 2) as [number, number];
    expect(push(1, [a, a])).toMatchObject({ accepted: [a, a], stored: 1 });
    expect(push(1, [a, b])).toMatchObject({ accepted: [a, b], rejected: [], stored: 1 });
    expect(push(1, [b, a])).toMatchObject({ accepted: [b, a], stored: 0 });
    expect([...log.read(0, 0, log.end(0))]).toEqual([a, b]);
  });
});

describe('an account of 1.0', () => {
  test('is a device: nobody is handed the changes of another one, members of a ledger neither', () => {
    const { table, push, pull } = bench('1.0');
    const mine = addChange(table, { device: 1, timestampMs: 100 });
    const yours = addChange(table, { device: 2, timestampMs: 100 });
    push(1, [mine]);
    push(2, [yours]);
    expect([...(pull(1, 0) as Page).changes]).toEqual([mine]);
    expect([...(pull(2, 0) as Page).changes]).toEqual([yours]);
    expect([...(pull(3, 0) as Page).changes]).toEqual([]);
  });

  test('hands out changes by their own timestamps, equal ones in order of acceptance', () => {
    const { table, push, pull } = bench('1.0', 10);
    const times = [300, 100, 200, 200, 100];
    const changes = times.map((timestampMs, index) =>
      addChange(table, { device: 1, sequence: index + 1, timestampMs }),
    );
    push(1, changes.slice(0, 3));
    push(1, changes.slice(3));
    const expected = [1, 4, 2, 3, 0].map((index) => changes[index]!);
    expect(pull(1, 0)).toEqual({ kind: 'page', changes: Int32Array.from(expected), cursor: 300, hasMore: false });
  });

  test('has the timestamp of the last row for its cursor, and keeps the old one for an empty page', () => {
    const { table, push, pull } = bench('1.0', 2);
    const changes = [10, 20, 30].map((timestampMs) => addChange(table, { device: 1, timestampMs }));
    push(1, changes);
    expect(pull(1, 0)).toMatchObject({ cursor: 20, hasMore: true });
    expect(pull(1, 20)).toMatchObject({ cursor: 30, hasMore: false });
    expect(pull(1, 30)).toMatchObject({ cursor: 30, hasMore: false });
    expect(pull(1, 77)).toMatchObject({ cursor: 77, hasMore: false });
    expect(pull(4, 5)).toMatchObject({ cursor: 5, hasMore: false });
  });
});

describe('rows for a pull', () => {
  test('in 1.1 are those after the cursor, at most a page, none beyond the end', () => {
    const { table, store, push } = bench();
    push(1, addChanges(table, 1, 5));
    const rows = [0, 1, 2, 3, 4, 5, 6, 99].map((since) =>
      store.rowsFor({ kind: 'pull', ledger: 0, device: 2, since, ...identity }),
    );
    expect(rows).toEqual([3, 3, 3, 2, 1, 0, 0, 0]);
  });

  test('in 1.0 are those later than the timestamp of the same device', () => {
    const { table, store, push } = bench('1.0');
    push(
      1,
      [10, 20, 20, 30, 40].map((timestampMs) => addChange(table, { device: 1, timestampMs })),
    );
    const rowsFor = (device: number, since: number) =>
      store.rowsFor({ kind: 'pull', ledger: 0, device, since, ...identity });
    expect([0, 10, 20, 30, 40].map((since) => rowsFor(1, since))).toEqual([3, 3, 2, 1, 0]);
    expect(rowsFor(2, 0)).toBe(0);
  });
});

test('a refusal says when to come again only where it knows', () => {
  expect(refusal('FORBIDDEN')).toEqual({ kind: 'refusal', code: 'FORBIDDEN', retryAfterMs: 0 });
  expect(refusal('UNAVAILABLE', 1000)).toEqual({ kind: 'refusal', code: 'UNAVAILABLE', retryAfterMs: 1000 });
});
