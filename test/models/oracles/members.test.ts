// Oracles that ask members what they hold and show.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import type { LedgerView } from '../../../models/documents/edit.ts';
import { judgeAccounting } from '../../../models/oracles/accounting.ts';
import { judgeDurability } from '../../../models/oracles/durability.ts';
import { coreOf } from '../../../models/oracles/judged.ts';
import { judgePending } from '../../../models/oracles/pending.ts';
import { judgeVersions } from '../../../models/oracles/version-agreement.ts';
import { addChange, type FakeDevice, ledgerOf } from './fakes.ts';

const moment = { nowUs: 9, events: 4 };

test('members that are to agree are those of the core that run', () => {
  const ledger = ledgerOf(0, 0, [{}, { isCore: false }, { isRunning: false }, {}]);
  expect(coreOf(ledger).map(({ index }) => index)).toEqual([0, 3]);
});

describe('the version oracle', () => {
  const judge = (...versions: string[][]) => {
    const devices = versions.flat().map((version) => ({ version }));
    const ledger = ledgerOf(0, 0, devices);
    let at = 0;
    const groups = versions.map((group) => group.map(() => ledger.members[at++]!));
    return judgeVersions(ledger, groups, (device) => device.version(), moment);
  };

  test('holds nothing against members that see the same and say the same, nor against those that see different things', () => {
    expect(judge(['a', 'a'], ['b'])).toEqual([]);
    expect(judge(['a'], ['b'], ['c'])).toEqual([]);
    expect(judge()).toEqual([]);
  });

  test('names two that see the same and say different versions', () => {
    expect(judge(['a'], ['b', 'b', 'c'])).toEqual([
      {
        oracle: 'version-agreement',
        kind: 'safety',
        signature: 'version-agreement:version',
        atUs: 9,
        event: 4,
        devices: [1, 2, 3],
        documents: ['ledger-0'],
        detail: { 'device 1': 'b', 'device 3': 'c' },
      },
    ]);
  });
});

describe('the pending oracle', () => {
  const judge = (...devices: FakeDevice[]) => {
    const ledger = ledgerOf(0, 0, devices);
    return judgePending(ledger, coreOf(ledger), (device) => device.pending(), moment);
  };

  test('names who holds something back, and how much', () => {
    expect(judge({}, { pending: 2 }, {}, { pending: 1 })).toMatchObject([
      { signature: 'pending:held-back', devices: [1, 3], detail: { pending: { 'device 1': 2, 'device 3': 1 } } },
    ]);
  });

  test('does not ask who is away for good', () => {
    expect(judge({}, { pending: 2, isCore: false })).toEqual([]);
  });
});

describe('the durability oracle', () => {
  const table = new ChangeTable(false);
  const changes = [0, 1, 2, 1].map((device, at) => addChange(table, { device, sequence: at, editedAtUs: at } as never));
  const ledger = ledgerOf(0, 0, [{}, {}, {}]);
  const judge = (log: number[], acknowledged: [number, number][]) =>
    judgeDurability(ledger, Int32Array.from(log), acknowledged, table, moment);

  test('holds nothing against a log that has what was acknowledged, once', () => {
    expect(judge(changes, [[changes[3]!, 1]])).toEqual([]);
    expect(judge([], [])).toEqual([]);
  });

  test('names what was acknowledged and is not there, and who was told, though it be away for good', () => {
    const lost = judge(
      [changes[0]!],
      [
        [changes[3]!, 1],
        [changes[2]!, 2],
        [changes[0]!, 0],
      ],
    );
    expect(lost).toMatchObject([
      { signature: 'durability:lost', devices: [1, 2], detail: { lost: 2, first: { author: 1, editedAtUs: 3 } } },
    ]);
  });

  test('names what is there twice', () => {
    expect(judge([changes[0]!, changes[2]!, changes[2]!], [])).toMatchObject([
      { signature: 'durability:doubled', devices: [2], detail: { first: { author: 2 } } },
    ]);
  });
});

describe('the accounting oracle', () => {
  const posted = (lines: string): LedgerView => ({
    'transaction-1': { fields: { status: 'posted', lines } },
    'account-1': { fields: { name: 'Kasse' } },
  });
  const judge = (...views: LedgerView[]) => {
    const ledger = ledgerOf(
      0,
      0,
      views.map((view) => ({ view })),
    );
    return judgeAccounting(
      ledger,
      ledger.members.map((device) => ({ device, view: device.view() })),
      moment,
    );
  };

  test('holds nothing against books that balance', () => {
    expect(judge(posted('cash:debit:100,food:credit:100'), {})).toEqual([]);
  });

  test('names the members, the transaction and its lines', () => {
    const wrong = posted('cash:debit:100,food:credit:90');
    expect(judge(posted('cash:debit:1,food:credit:1'), wrong, wrong)).toMatchObject([
      {
        signature: 'accounting:unbalanced',
        devices: [1, 2],
        detail: {
          trialBalanceCents: 10,
          place: 'transaction-1/lines',
          lines: 'cash:debit:100,food:credit:90',
        },
      },
    ]);
  });

  test('counts lines that are missing', () => {
    expect(judge({ 'transaction-1': { fields: { status: 'posted' } } })).toMatchObject([
      { signature: 'accounting:unbalanced', detail: { trialBalanceCents: 0, lines: 'absent' } },
    ]);
  });
});
