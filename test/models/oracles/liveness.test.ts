import { describe, expect, test } from 'vitest';
import type { JudgedLedger } from '../../../models/oracles/judged.ts';
import { isSettled, judgeLiveness } from '../../../models/oracles/liveness.ts';
import { ledgerOf } from './fakes.ts';

const ends = [5, 0, 7];
const endOf = ({ index }: JudgedLedger): number => ends[index]!;

describe('the liveness oracle', () => {
  test('has nothing to say where every outbox is empty and all is pulled', () => {
    const ledgers = [ledgerOf(0, 0, [{ position: 5 }, { position: 5 }]), ledgerOf(1, 2, [{}]), ledgerOf(2, 3, [])];
    expect(judgeLiveness(ledgers, endOf, 1000, 1, 1)).toEqual([]);
  });

  test('lists every device that is stuck, with what is unsent and what is not pulled, in one finding', () => {
    const ledgers = [
      ledgerOf(0, 0, [{ position: 5 }, { position: 3 }, { position: 5, outbox: 2 }]),
      ledgerOf(1, 3, [{}, {}]),
      ledgerOf(2, 5, [{ position: 0, outbox: 1 }]),
    ];
    expect(judgeLiveness(ledgers, endOf, 300_000, 420_000_000, 99)).toEqual([
      {
        oracle: 'liveness',
        kind: 'liveness',
        signature: 'liveness:outbox+pull',
        atUs: 420_000_000,
        event: 99,
        devices: [1, 2, 5],
        documents: ['ledger-0', 'ledger-2'],
        detail: { budgetMs: 300_000, changesUnsent: 3, changesNotPulled: 9 },
      },
    ]);
  });

  test.each([
    ['liveness:outbox', { position: 5, outbox: 1 }],
    ['liveness:pull', { position: 4 }],
    ['liveness:outbox+pull', { position: 4, outbox: 1 }],
  ])('signs a failure by what is unfinished: %s', (signature, device) => {
    expect(judgeLiveness([ledgerOf(0, 0, [device])], endOf, 1, 1, 1)).toMatchObject([{ signature }]);
  });

  test('does not hold against a device that it has more than the log said', () => {
    const [finding] = judgeLiveness([ledgerOf(0, 0, [{ position: 9, outbox: 1 }])], endOf, 1, 1, 1);
    expect(finding).toMatchObject({ signature: 'liveness:outbox', detail: { changesNotPulled: 0 } });
  });

  test('asks for those who are down, and not for those who are away for good', () => {
    expect(judgeLiveness([ledgerOf(0, 0, [{ position: 5, isRunning: false }])], () => 5, 1, 1, 1)).toMatchObject([
      { signature: 'liveness:busy', devices: [0] },
    ]);
    expect(judgeLiveness([ledgerOf(0, 0, [{ position: 4, isCore: false }])], () => 5, 1, 1, 1)).toEqual([]);
  });

  test('calls a device settled that has nothing left to push and is at the end, or past it', () => {
    const settled = (device: { outbox?: number; position: number }): boolean =>
      isSettled(ledgerOf(0, 0, [device]).members[0]!, 5);
    expect([4, 5, 6].map((position) => settled({ position }))).toEqual([false, true, true]);
    expect([4, 5, 6].map((position) => settled({ position, outbox: 1 }))).toEqual([false, false, false]);
  });
});
