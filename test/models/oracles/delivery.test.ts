import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import type { JudgedLedger } from '../../../models/oracles/judged.ts';
import { isComplete, judgeDelivery } from '../../../models/oracles/delivery.ts';
import { storm } from '../../contract/storm.ts';
import { addChange, ledgerOf } from './fakes.ts';

/** A table of changes that are told apart by author and sequence: change n is by device 10 + n, made at n seconds. */
function tableOf(count: number): ChangeTable {
  const table = new ChangeTable(false);
  for (let n = 0; n < count; n++) {
    table.add({
      device: 10 + n,
      incarnation: 0,
      sequence: 100 + n,
      ledger: 0,
      seen: 0,
      editedAtUs: n * 1_000_000,
      timestampMs: 0,
      entityType: 'account',
      operation: 'UPDATE',
      entityLength: 1,
      parts: [Uint8Array.of(1)],
      targets: [],
    });
  }
  return table;
}

const LOGS: Readonly<Record<number, number[]>> = { 0: [4, 2, 0], 1: [1, 3], 2: [] };
const acceptedOf = ({ index }: JudgedLedger): Int32Array => Int32Array.from(LOGS[index]!);

describe('the delivery oracle', () => {
  test('has nothing to say where every member was given every accepted change', () => {
    const ledgers = [
      ledgerOf(0, 0, [{}, {}]),
      ledgerOf(1, 2, [{}, { lacks: [3, 4] }]),
      ledgerOf(2, 4, [{ lacks: [1] }]),
    ];
    expect(judgeDelivery(ledgers, tableOf(5), acceptedOf, 1, 1)).toEqual([]);
  });

  test('names the members that lack something, how much, and the change that is missing', () => {
    const ledgers = [ledgerOf(0, 0, [{}, {}]), ledgerOf(1, 2, [{}, { lacks: [2] }, { lacks: [2] }, {}])];
    expect(judgeDelivery(ledgers, tableOf(5), acceptedOf, 9_000_000, 42)).toEqual([
      {
        oracle: 'delivery',
        kind: 'safety',
        signature: 'delivery:never-delivered',
        atUs: 9_000_000,
        event: 42,
        devices: [3, 4],
        documents: ['ledger-1'],
        detail: { missing: 2, accepted: 2, first: { author: 13, sequence: 103, editedAtUs: 3_000_000 } },
      },
    ]);
  });

  test('names the first change of the log that is missing anywhere, whoever lacks it', () => {
    const ledger = ledgerOf(0, 0, [{}, { lacks: [3] }, { lacks: [1, 3] }, { lacks: [2] }]);
    const [finding] = judgeDelivery([ledger], tableOf(5), acceptedOf, 1, 1);
    expect(finding).toMatchObject({
      devices: [1, 2, 3],
      detail: { missing: 4, accepted: 3, first: { author: 14, sequence: 104, editedAtUs: 4_000_000 } },
    });
  });

  test('does not miss SNAPSHOTs, nor what is lacking to those who are away for good', () => {
    const table = tableOf(2);
    const snapshot = addChange(table, { operation: 'SNAPSHOT' });
    const ledger = ledgerOf(0, 0, [{ lacks: [2] }, { lacks: [1, 2, 3], isCore: false }]);
    const log = Int32Array.of(0, snapshot, 1);
    expect(judgeDelivery([ledger], table, () => log, 1, 1)).toEqual([]);
    expect(ledger.members.map((device) => isComplete(device, log, table))).toEqual([true, false]);
  });

  test('has one finding for each ledger, and says of which', () => {
    const ledgers = [ledgerOf(0, 0, [{ lacks: [1] }]), ledgerOf(1, 1, [{ lacks: [1] }])];
    const findings = judgeDelivery(ledgers, tableOf(5), acceptedOf, 1, 1);
    expect(findings.map(({ documents, devices }) => [documents, devices])).toEqual([
      [['ledger-0'], [0]],
      [['ledger-1'], [1]],
    ]);
  });

  test('goes by what was handed over, not by how far a device says that it has pulled', async () => {
    const { world, result } = await storm({ seed: 1 });
    expect(result.findings).toEqual([]);
    const [ledger] = world.ledgers;
    // A log with one more change than was ever handed out; all devices say that they are past it.
    const longer = Int32Array.of(...world.port.log(0), 0);
    for (const device of world.devices) device.position = longer.length;
    const [finding] = judgeDelivery([ledger!], world.table, () => longer, 1, 1);
    expect(finding).toMatchObject({ devices: [0, 1, 2, 3, 4], detail: { missing: 5, accepted: longer.length } });
  });
});
