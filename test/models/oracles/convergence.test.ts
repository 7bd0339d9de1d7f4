import { describe, expect, test } from 'vitest';
import type { LedgerView } from '../../../models/documents/edit.ts';
import { judgeConvergence } from '../../../models/oracles/convergence.ts';
import { storm } from '../../contract/storm.ts';
import { type Asked, ledgerOf } from './fakes.ts';

function named(name: string, further: LedgerView = {}): LedgerView {
  return { 'account-1': { fields: { name, status: 'open' } }, ...further };
}

describe('the convergence oracle', () => {
  test('has nothing to say of ledgers whose members see the same, in whatever order their keys stand', () => {
    const one: LedgerView = { a: { fields: { x: 1, y: 2 }, tags: ['s', 't'] }, b: { fields: { x: -0 } } };
    const other: LedgerView = { b: { fields: { x: 0 } }, a: { tags: ['t', 's'], fields: { y: 2, x: 1 }, items: [] } };
    const ledgers = [
      ledgerOf(0, 0, [{ view: one }, { view: other }, { view: one }]),
      ledgerOf(1, 3, [{ view: {} }, { view: {} }]),
      ledgerOf(2, 5, [{ view: one }]),
      ledgerOf(3, 6, []),
    ];
    expect(judgeConvergence(ledgers, 1, 1)).toEqual([]);
  });

  test('names the groups and the first place at which the largest and another one part', () => {
    const ledgers = [
      ledgerOf(0, 0, [{ view: named('same') }, { view: named('same') }]),
      ledgerOf(1, 2, [
        { view: named('Kasse', { 'account-2': { fields: { x: 1 } } }) },
        { view: named('Bank') },
        { view: named('Bank') },
        { view: named('Post') },
        { view: named('Bank') },
      ]),
    ];
    expect(judgeConvergence(ledgers, 5_000_000, 77)).toEqual([
      {
        oracle: 'convergence',
        kind: 'safety',
        signature: 'convergence:fields',
        atUs: 5_000_000,
        event: 77,
        devices: [2, 3, 4, 6, 5],
        documents: ['ledger-1'],
        detail: {
          groups: [[2], [3, 4, 6], [5]],
          place: 'account-1/name',
          'device 3': 'Bank',
          'device 2': 'Kasse',
        },
      },
    ]);
  });

  test('has one finding for each ledger, and says of which', () => {
    const ledgers = [0, 1, 2].map((index) =>
      ledgerOf(index, index * 2, [{ view: named('a') }, { view: named(index === 1 ? 'a' : 'b') }]),
    );
    const findings = judgeConvergence(ledgers, 1, 1);
    expect(findings.map(({ documents, devices }) => [documents, devices])).toEqual([
      [['ledger-0'], [0, 1]],
      [['ledger-2'], [4, 5]],
    ]);
  });

  test('says of a value that is not there that it is absent', () => {
    const ledger = ledgerOf(0, 0, [{ view: named('a', { b: { fields: { x: 1 } } }) }, { view: named('a') }]);
    expect(judgeConvergence([ledger], 1, 1)[0]).toMatchObject({
      signature: 'convergence:presence',
      detail: { place: 'b', 'device 0': { fields: { x: 1 } }, 'device 1': 'absent' },
    });
  });

  test('compares small ledgers by what is seen, whatever their digests say', () => {
    const asked: Asked = { views: 0, digests: 0 };
    const view = named('a');
    const devices = [
      { view, digest: '1', storedBytes: 100 },
      { view, digest: '2', storedBytes: 100 },
    ];
    expect(judgeConvergence([ledgerOf(0, 0, devices, asked)], 1, 1)).toEqual([]);
    const odd = { view: named('b'), digest: '1', storedBytes: 100 };
    expect(judgeConvergence([ledgerOf(0, 0, [...devices, odd], asked)], 1, 1).length).toBe(1);
    expect(asked.digests).toBe(0);
  });

  test('does not make the views of large ledgers whose digests are equal', () => {
    const asked: Asked = { views: 0, digests: 0 };
    const devices = [1, 2, 3].map(() => ({ view: named('a'), digest: '1', storedBytes: 1_000_000 }));
    expect(judgeConvergence([ledgerOf(0, 0, devices, asked)], 1, 1)).toEqual([]);
    expect(asked).toEqual({ views: 0, digests: 3 });
  });

  test('finds what differs in large ledgers', () => {
    const devices = ['a', 'b', 'a'].map((name) => ({ view: named(name), digest: name, storedBytes: 1_000_000 }));
    expect(judgeConvergence([ledgerOf(0, 0, devices)], 1, 1)[0]).toMatchObject({
      detail: { groups: [[0, 2], [1]], place: 'account-1/name', 'device 0': 'a', 'device 1': 'b' },
    });
  });

  test('has nothing to say of large ledgers that look alike, though their digests differ', () => {
    // Equal digests mean equal views; the port does not promise that it is so the other way round.
    const devices = ['1', '2', '1'].map((digest) => ({ view: named('a'), digest, storedBytes: 1_000_000 }));
    expect(judgeConvergence([ledgerOf(0, 0, devices)], 1, 1)).toEqual([]);
  });

  test('finds one device of a clean run that edits and tells nobody', async () => {
    const { world, result } = await storm({ seed: 1 });
    expect(result.findings).toEqual([]);
    const { replica, index } = world.devices[3]!;
    const [entity] = Object.keys(replica.view()).sort();
    replica.edit({ kind: 'set', entity: entity!, field: 'secret', value: 'kept' });
    expect(judgeConvergence(world.ledgers, 1, 1)).toMatchObject([
      {
        detail: {
          groups: [[0, 1, 2, 4], [index]],
          place: `${entity}/secret`,
          'device 3': 'kept',
          'device 0': 'absent',
        },
      },
    ]);
  });
});
